"""Sends a client span and its server child with the Python SDK: PROTOCOL ENDPOINT CALLER CALLED."""

import sys

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult


def exporter(protocol, endpoint):
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=endpoint, insecure=True)
    if protocol == "http/protobuf":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=endpoint)
    sys.exit(f"no such protocol: {protocol}")


def provider(service, protocol, endpoint):
    made = TracerProvider(resource=Resource.create({"service.name": service}))
    made.add_span_processor(BatchSpanProcessor(checked(exporter(protocol, endpoint))))
    return made


def checked(made):
    """Ends the process with an error when an export fails, which the SDK itself only logs."""
    export = made.export

    def export_or_remember(spans):
        result = export(spans)
        failed.extend([result] if result is not SpanExportResult.SUCCESS else [])
        return result

    made.export = export_or_remember
    return made


failed = []
protocol, endpoint, caller_name, called_name = sys.argv[1:]
caller = provider(caller_name, protocol, endpoint)
called = provider(called_name, protocol, endpoint)
client = caller.get_tracer("test").start_span("POST /pay", kind=trace.SpanKind.CLIENT)
context = trace.set_span_in_context(client)
called.get_tracer("test").start_span("POST /pay", kind=trace.SpanKind.SERVER, context=context).end()
client.end()
flushed = [each.force_flush() for each in (caller, called)]
for each in (caller, called):
    each.shutdown()
if failed or not all(flushed):
    sys.exit(f"export failed: {failed}, flushed: {flushed}")
