// Package otlp sends traces of requests to an OpenTelemetry collector: OTLP over HTTP, in protocol buffers. It knows nothing of
// a request but what server.Trace tells, which is nothing personal.
//
// It is a client of the wire and no more: the messages are OpenTelemetry's own (go.opentelemetry.io/proto/otlp), and what its
// SDK would add for one span a request is the queue, the batches and the pauses of exporter.go. Traces are samples: what a
// collector does not take in time is dropped and counted, and nobody waits for it.
package otlp
