package otlp

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/parleyhq/parley/server"
)

// Flags of a span: it is sampled, and it is known whether its parent is another program's.
const (
	flagsOwn    = 1 | uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK)
	flagsRemote = flagsOwn | uint32(tracepb.SpanFlags_SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK)
)

// message is what a collector is sent of some traces. TracesData has the bytes of the service's own request message, whose
// package would bring gRPC along.
func message(version string, batch []*server.Trace) ([]byte, error) {
	spans := make([]*tracepb.Span, 0, 2*len(batch))
	for _, t := range batch {
		spans = appendSpans(spans, t)
	}
	return proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("service.name", "parley"), text("service.version", version)}},
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "parley"}, Spans: spans}},
	}}})
}

// appendSpans appends the span of a request and those of its parts.
func appendSpans(spans []*tracepb.Span, t *server.Trace) []*tracepb.Span {
	request := &tracepb.Span{
		TraceId: t.ID[:], SpanId: t.Span[:], Flags: flagsOwn, Name: t.Operation, Kind: tracepb.Span_SPAN_KIND_SERVER,
		StartTimeUnixNano: nanos(t.Began), EndTimeUnixNano: nanos(t.Began.Add(t.Took)),
		Attributes: []*commonpb.KeyValue{
			text("parley.operation", t.Operation),
			{Key: "http.response.status_code", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(t.Status)}}},
		},
	}
	if t.Parent != [8]byte{} {
		request.ParentSpanId, request.Flags = t.Parent[:], flagsRemote
	}
	if t.Path != "" {
		request.Name = t.Method + " " + t.Path
		request.Attributes = append(request.Attributes, text("http.request.method", t.Method), text("http.route", t.Path))
	}
	if t.RequestID != "" {
		request.Attributes = append(request.Attributes, text("parley.request_id", t.RequestID))
	}
	if t.Status >= 500 {
		request.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	}
	spans = append(spans, request)
	for _, p := range t.Parts {
		spans = append(spans, &tracepb.Span{
			TraceId: t.ID[:], SpanId: random(nil, 8), ParentSpanId: t.Span[:], Flags: flagsOwn, Name: p.Name, Kind: tracepb.Span_SPAN_KIND_INTERNAL,
			StartTimeUnixNano: nanos(p.Began), EndTimeUnixNano: nanos(p.Began.Add(p.Took)),
		})
	}
	return spans
}

func nanos(t time.Time) uint64 { return uint64(t.UnixNano()) }

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

// random appends an id of so many bytes, a multiple of 8, that is not zero.
func random(to []byte, bytes int) []byte {
	for ; bytes > 0; bytes -= 8 {
		to = binary.BigEndian.AppendUint64(to, max(1, rand.Uint64()))
	}
	return to
}
