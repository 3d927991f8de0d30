// Package tracing makes OpenTelemetry traces of requests, as the standard variables of
// the environment say (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
// Without them, there are none, and nothing is spent on them.
//
//   - A request is one span, and the request to its upstream another one inside. Names
//     and attributes are those of the semantic conventions for HTTP, and corsac.policy,
//     corsac.kind, corsac.verdict and corsac.reason.
//   - Queries, cookies and other headers than User-Agent are not recorded, and values
//     are cut at 512 bytes, unless the environment has another limit.
//   - A collector that does not answer costs nothing but a line in the log: spans wait
//     in a queue, and are dropped if that is full.
//
// The exporter is our own, because that of OpenTelemetry brings a whole gRPC.
package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// maxValue bounds the values of attributes, in bytes.
const maxValue = 512

// Tracer makes spans. A nil one makes none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	wire     propagation.TraceContext
}

// FromEnvironment returns the tracer that the environment asks for, or nil.
// The log gets what a collector refuses.
func FromEnvironment(ctx context.Context, version string, log *slog.Logger) (*Tracer, error) {
	s, err := settingsFrom(os.Getenv)
	if s == nil || err != nil {
		return nil, err
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "corsac"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv(),
	)
	if err != nil {
		return nil, err
	}
	limits := sdk.NewSpanLimits() // those of the environment
	if limits.AttributeValueLengthLimit < 0 {
		limits.AttributeValueLengthLimit = maxValue
	}
	// The sampler and the size of the queue are those of the environment, too.
	t := &Tracer{provider: sdk.NewTracerProvider(
		sdk.WithBatcher(newExporter(s, log)), sdk.WithResource(about), sdk.WithRawSpanLimits(limits),
	)}
	t.tracer = t.provider.Tracer("github.com/corsac-dev/corsac", trace.WithInstrumentationVersion(version))
	return t, nil
}

// Stop sends what has not been sent, until ctx is done.
func (t *Tracer) Stop(ctx context.Context) {
	if t != nil {
		_ = t.provider.Shutdown(ctx) // the log has why
	}
}

// Begin begins the span of a request, which its context then has, and which comes from
// where public says. It ends with [Span.End].
func (t *Tracer) Begin(r *http.Request, public forward.Public) (*http.Request, *Span) {
	s := &Span{tracer: t}
	ctx := t.wire.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, s.server = t.tracer.Start(ctx, methodOf(r.Method), trace.WithSpanKind(trace.SpanKindServer))
	if s.server.IsRecording() {
		s.server.SetAttributes(ofRequest(r, &public)...)
	}
	return r.WithContext(context.WithValue(ctx, spanKey{}, s)), s
}

type spanKey struct{}

// Of returns the span of a request, or nil.
func (t *Tracer) Of(r *http.Request) *Span {
	if t == nil {
		return nil
	}
	s, _ := r.Context().Value(spanKey{}).(*Span)
	return s
}
