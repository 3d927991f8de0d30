package tracing

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	wire "go.opentelemetry.io/proto/slim/otlp/trace/v1"
)

// encode returns spans, all of one resource and scope, as OTLP has them. There are no
// events and links.
func encode(spans []sdk.ReadOnlySpan) []*wire.ResourceSpans {
	if len(spans) == 0 {
		return nil
	}
	all := make([]*wire.Span, len(spans))
	for i, s := range spans {
		all[i] = encodeSpan(s)
	}
	about := spans[0].Resource()
	return []*wire.ResourceSpans{{
		Resource: &resource.Resource{Attributes: attributes(about.Attributes())}, SchemaUrl: about.SchemaURL(),
		ScopeSpans: []*wire.ScopeSpans{{Scope: scope(spans[0].InstrumentationScope()), Spans: all}},
	}}
}

func scope(s instrumentation.Scope) *common.InstrumentationScope {
	return &common.InstrumentationScope{Name: s.Name, Version: valid(s.Version)}
}

// The flags of a span beside those of the trace: whether its parent is known to be that
// of another process, and whether it is.
const (
	hasIsRemote = 0x100
	isRemote    = 0x200
)

var kinds = map[trace.SpanKind]wire.Span_SpanKind{
	trace.SpanKindServer: wire.Span_SPAN_KIND_SERVER,
	trace.SpanKindClient: wire.Span_SPAN_KIND_CLIENT,
}

func encodeSpan(s sdk.ReadOnlySpan) *wire.Span {
	own, parent := s.SpanContext(), s.Parent()
	id, in := own.SpanID(), own.TraceID()
	w := &wire.Span{
		TraceId: in[:], SpanId: id[:], TraceState: own.TraceState().String(), Flags: uint32(own.TraceFlags()) | hasIsRemote,
		Name: valid(s.Name()), Kind: kinds[s.SpanKind()],
		StartTimeUnixNano: uint64(max(0, s.StartTime().UnixNano())), EndTimeUnixNano: uint64(max(0, s.EndTime().UnixNano())),
		Attributes: attributes(s.Attributes()), DroppedAttributesCount: uint32(s.DroppedAttributes()),
	}
	if parent.HasSpanID() {
		above := parent.SpanID()
		w.ParentSpanId = above[:]
	}
	if parent.IsRemote() {
		w.Flags |= isRemote
	}
	if s.Status().Code == codes.Error {
		w.Status = &wire.Status{Code: wire.Status_STATUS_CODE_ERROR}
	}
	return w
}

func attributes(list []attribute.KeyValue) []*common.KeyValue {
	all := make([]*common.KeyValue, len(list))
	for i, a := range list {
		v := &common.AnyValue{}
		switch a.Value.Type() {
		case attribute.INT64:
			v.Value = &common.AnyValue_IntValue{IntValue: a.Value.AsInt64()}
		case attribute.BOOL:
			v.Value = &common.AnyValue_BoolValue{BoolValue: a.Value.AsBool()}
		default:
			v.Value = &common.AnyValue_StringValue{StringValue: valid(a.Value.String())}
		}
		all[i] = &common.KeyValue{Key: valid(string(a.Key)), Value: v}
	}
	return all
}

// valid returns a text as UTF-8, without which collectors refuse the whole message.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
