package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// exporter sends spans by OTLP over HTTP. Its errors go to the log.
type exporter struct {
	*settings

	client *http.Client
	log    *slog.Logger
}

func newExporter(s *settings, log *slog.Logger) *exporter {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: s.tls, ForceAttemptHTTP2: true, MaxIdleConns: 1, IdleConnTimeout: time.Minute}
	return &exporter{s, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, log}
}

// Shutdown implements [sdk.SpanExporter].
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

// ExportSpans implements [sdk.SpanExporter]. It returns no errors, which the SDK would
// write to a log of its own.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	if err := e.export(ctx, spans); err != nil {
		e.log.LogAttrs(ctx, slog.LevelWarn, "traces are lost", slog.Int("spans", len(spans)), slog.String("collector", e.url.Redacted()), slog.String("reason", err.Error()))
	}
	return nil
}

func (e *exporter) export(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := proto.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: encode(spans)})
	if err != nil {
		return err
	}
	if e.compress {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(body); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		body = b.Bytes()
	}
	for wait := time.Second; ; wait *= 2 {
		again, err := e.send(ctx, body)
		if again == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(max(wait, *again)):
		}
	}
}

// maxAnswer bounds what is read of an answer of the collector.
const maxAnswer = 64 << 10

// send makes one request. If it may be repeated, again is how long the collector asks
// to wait.
func (e *exporter) send(ctx context.Context, body []byte) (again *time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = e.header.Clone()
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", "OTel-OTLP-Exporter-Corsac")
	if e.compress {
		r.Header.Set("Content-Encoding", "gzip")
	}
	res, err := e.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		if err != nil {
			return nil, err
		}
		return nil, rejected(answer)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // 0 if there is none, or a date
		wait := time.Duration(max(seconds, 0)) * time.Second
		again = &wait
	}
	return again, fmt.Errorf("the collector answers %.100q", res.Status)
}

// rejected returns an error if the collector has not taken all spans.
func rejected(answer []byte) error {
	var said collector.ExportTraceServiceResponse
	if proto.Unmarshal(answer, &said) != nil || said.GetPartialSuccess().GetRejectedSpans() == 0 {
		return nil // some answer with JSON, or nothing
	}
	return fmt.Errorf("the collector rejects %d spans: %.200q", said.GetPartialSuccess().GetRejectedSpans(), said.GetPartialSuccess().GetErrorMessage())
}
