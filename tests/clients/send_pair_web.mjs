// Sends a client span and its server child with the web SDK, from the page that loads the bundle of this file.
// `sendPair` gives "sent", or why not.
import { ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, WebTracerProvider } from "@opentelemetry/sdk-trace-web";

function provider(service, options) {
  return new WebTracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(options))],
  });
}

window.sendPair = async (options, callerName, calledName) => {
  const caller = provider(callerName, options);
  const called = provider(calledName, options);
  const client = caller.getTracer("test").startSpan("POST /pay", { kind: SpanKind.CLIENT });
  const context = trace.setSpan(ROOT_CONTEXT, client);
  called.getTracer("test").startSpan("POST /pay", { kind: SpanKind.SERVER }, context).end();
  client.end();
  try {
    for (const each of [caller, called]) await each.forceFlush();
    return "sent";
  } catch (error) {
    return `not sent: ${[error].flat().map(String).join(", ")}`;
  }
};
