// Sends a client span and its server child with the Node SDK: PROTOCOL ENDPOINT CALLER CALLED.
"use strict";

const { ROOT_CONTEXT, SpanKind, trace } = require("@opentelemetry/api");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { NodeTracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace-node");

const PACKAGES = {
  "grpc": "@opentelemetry/exporter-trace-otlp-grpc",
  "http/protobuf": "@opentelemetry/exporter-trace-otlp-proto",
  "http/json": "@opentelemetry/exporter-trace-otlp-http",
};

function provider(service, protocol, url) {
  const { OTLPTraceExporter } = require(PACKAGES[protocol]);
  return new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
}

async function main([protocol, url, callerName, calledName]) {
  const caller = provider(callerName, protocol, url);
  const called = provider(calledName, protocol, url);
  const client = caller.getTracer("test").startSpan("POST /pay", { kind: SpanKind.CLIENT });
  const context = trace.setSpan(ROOT_CONTEXT, client);
  called.getTracer("test").startSpan("POST /pay", { kind: SpanKind.SERVER }, context).end();
  client.end();
  // A flush fails when the export failed.
  for (const each of [caller, called]) await each.forceFlush();
  for (const each of [caller, called]) await each.shutdown();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
