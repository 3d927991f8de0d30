package gateway

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// The limits of a gateway, as metrics and the log name them: as fields of the
// configuration.
const (
	limitHeaderBytes   = "header_bytes"
	limitHeaderTimeout = "header_timeout"
	limitBodyTimeout   = "body_timeout"
	limitMaxBody       = "max_body"
)

var (
	crowded = failure{
		http.StatusServiceUnavailable, "too-many-connections", "too many clients are connected to this gateway",
		"try again; the operator can raise the limit connections",
	}
	headerTooLarge = failure{
		http.StatusRequestHeaderFieldsTooLarge, "headers-too-large", "the headers of the request are too large",
		"send smaller headers; most likely the cookies of this site are too large",
	}
	headerSlow = failure{
		http.StatusRequestTimeout, "header-timeout", "the header of the request did not arrive in time",
		"send the header at once",
	}
	targetTooLong = failure{
		http.StatusRequestURITooLong, "url-too-long", "the URL of the request is too long",
		"send what makes it long in the body",
	}
	bodyTooLarge = failure{
		http.StatusRequestEntityTooLarge, "body-too-large", "the body of the request is larger than this route takes",
		"send less at a time; the operator can raise max_body",
	}
)

// limiter counts and logs that clients reach limits.
type limiter struct {
	metrics *Metrics
	log     *slog.Logger
}

func (l limiter) reached(limit, client string, attrs ...slog.Attr) {
	l.metrics.limited(limit)
	attrs = append([]slog.Attr{slog.String("limit", limit), slog.String("client", client)}, attrs...)
	l.log.LogAttrs(context.Background(), slog.LevelWarn, "a client has reached a limit", attrs...)
}

// reachedBy is reached for a limit of requests.
func (l limiter) reachedBy(r *http.Request, limit, client string) {
	l.reached(limit, client, slog.String("method", r.Method), slog.String("host", r.Host), slog.String("target", r.RequestURI))
}

// termsOf returns the terms on which clients are served.
func (l limiter) termsOf(c *config.Gateway) *forward.Terms {
	limits := c.Limits.WithDefaults()
	return &forward.Terms{
		BodyTimeout: limits.BodyTimeout, ResponseTimeout: limits.ResponseTimeout, Trust: c.TrustedProxies,
		Limited: func(limit, client string) { l.reached(limit, client) },
	}
}

// Trust returns the proxies that are trusted.
func (g *Gateway) Trust() forward.Trust { return g.current.Load().terms.Trust }

// Limited counts and logs that a client has reached a limit, for a [forward.Door].
func (g *Gateway) Limited(limit, client string) { g.current.Load().limiter.reached(limit, client) }

// exceeded returns the answer to a request that reaches a limit before its route
// matters, or nil.
func (s *setup) exceeded(w *forward.Incoming, r *http.Request) *failure {
	if w.Crowded { // which has been counted
		w.Header().Set("Retry-After", "1")
		return &crowded
	}
	target, size := int64(len(r.RequestURI)), headerSize(r)
	switch {
	case target > s.headerBytes:
		s.limiter.reachedBy(r, limitHeaderBytes, w.Public.Client)
		return &targetTooLong
	case target+size > s.headerBytes:
		s.limiter.reachedBy(r, limitHeaderBytes, w.Public.Client)
		return &headerTooLarge
	}
	return nil
}

// headerSize returns the size of a header as HTTP/2 counts it (RFC 9113 §6.5.2), which
// is more than its size over HTTP/1.1. What net/http takes is more than it, by either
// measure, so that the gateway answers first.
func headerSize(r *http.Request) (n int64) {
	const overhead = 32
	n = int64(len(r.Host)) + overhead
	for name, lines := range r.Header {
		for _, line := range lines {
			n += int64(len(name)) + int64(len(line)) + overhead
		}
	}
	return n
}

// ServerHeaderBytes is the MaxHeaderBytes of a server with a gateway, whose own limit is
// the one that clients should meet.
func ServerHeaderBytes(l config.Limits) int { return int(2 * l.WithDefaults().HeaderBytes) }
