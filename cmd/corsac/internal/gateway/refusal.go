package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cors"
)

// maxRefusals bounds what is named of one request that is refused. The log cuts
// long values besides.
const maxRefusals = 8

// refusal logs why requests are refused, and which lines of the policy do so. The log
// does not advise to allow what was refused: anybody can send such a request.
type refusal struct {
	log    *slog.Logger
	config *config.Config
	policy string // its name
	origin string // one that it allows
}

// newRefusal returns the refusal of a policy. An empty name is that of requests
// that match no route.
func newRefusal(c *config.Config, policy string, log *slog.Logger) *refusal {
	r := &refusal{log: log, config: c, policy: policy}
	for _, o := range c.Policies[policy].AllowOrigins {
		if o != "*" {
			r.origin = strings.TrimSuffix(strings.Replace(o, "//*.", "//www.", 1), ":*")
			break
		}
	}
	return r
}

// decided logs a decision of a middleware if it is a refusal.
func (l *refusal) decided(r *http.Request, d cors.Decision, policy *cors.Middleware) {
	if d.Allowed || !isCORS(r) {
		return
	}
	message := "preflight refused"
	if d.Kind == cors.Actual {
		message = "response not readable by its page"
	}
	l.write(r, d, policy, message)
}

// write logs a decision and what decides it, after a message.
func (l *refusal) write(r *http.Request, d cors.Decision, policy *cors.Middleware, message string, more ...slog.Attr) {
	if !l.log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	all := l.all(r, d, policy)
	var reasons, headers, lacks []string
	for _, one := range all {
		if reason := one.Reason.String(); !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		if one.Header != "" {
			headers = append(headers, one.Header)
		}
	}
	for _, field := range []string{"allow_origins", "allow_methods", "allow_headers"} {
		if text := l.lacks(field, all); text != "" {
			lacks = append(lacks, text)
		}
	}
	attrs := slices.Clip(more)
	if !d.Allowed {
		attrs = append(attrs, slog.String("reason", strings.Join(reasons, ", ")))
	}
	attrs = append(attrs, slog.String("origin", d.Origin), slog.String("method", d.Method))
	if len(headers) > 0 {
		attrs = append(attrs, slog.String("header", strings.Join(headers, ", ")))
	}
	if l.policy == "" {
		attrs = append(attrs, slog.String("route", "none"))
	}
	if len(lacks) > 0 {
		attrs = append(attrs, slog.String("policy", strings.Join(lacks, "; ")))
	}
	attrs = append(attrs, slog.String("host", r.Host), slog.String("target", r.RequestURI))
	l.log.LogAttrs(r.Context(), slog.LevelInfo, message, attrs...)
}

// all returns the first refusal of a request, and those that would follow once it
// has been fixed: of its origin, its method and each of its headers.
func (l *refusal) all(r *http.Request, first cors.Decision, policy *cors.Middleware) []cors.Decision {
	all := []cors.Decision{first}
	if first.Kind != cors.Preflight || l.policy == "" {
		return all
	}
	origin := first.Origin
	if first.Reason == cors.OriginNotAllowed {
		origin = l.origin
	}
	method := strings.Join(r.Header["Access-Control-Request-Method"], ", ")
	asks := []http.Header{{"Access-Control-Request-Method": {method}}}
	for name := range strings.SplitSeq(strings.Join(r.Header["Access-Control-Request-Headers"], ","), ",") {
		if name = strings.TrimSpace(name); name != "" && len(asks) <= maxRefusals {
			asks = append(asks, http.Header{"Access-Control-Request-Method": {http.MethodGet}, "Access-Control-Request-Headers": {name}})
		}
	}
	for _, h := range asks {
		h["Origin"] = []string{origin}
		ask := &http.Request{Method: http.MethodOptions, URL: r.URL, Host: r.Host, Header: h}
		d := policy.Decide(ask)
		same := func(one cors.Decision) bool { return one.Reason == d.Reason && one.Header == d.Header }
		if !d.Allowed && !slices.ContainsFunc(all, same) {
			all = append(all, d)
		}
	}
	return all
}

// lacks returns which values a field does not have, so that there are refusals, with
// its line in the file; "" if there are none about it.
func (l *refusal) lacks(field string, refusals []cors.Decision) string {
	var values []string
	for _, d := range refusals {
		switch {
		case field == "allow_origins" && d.Reason == cors.OriginNotAllowed:
			values = append(values, d.Origin)
		case field == "allow_methods" && d.Reason == cors.MethodNotAllowed:
			values = append(values, d.Method)
		case field == "allow_headers" && (d.Reason == cors.HeaderNotAllowed || d.Reason == cors.AuthorizationNotListed):
			values = append(values, d.Header)
		}
	}
	if len(values) == 0 || l.policy == "" {
		return ""
	}
	at := l.config.Place(l.policy, field, -1)
	list := strings.Join(values, ", ")
	if at.File == "" { // from flags
		return "--" + strings.TrimSuffix(strings.ReplaceAll(field, "_", "-"), "s") + " lacks " + list
	}
	return fmt.Sprintf("%s:%d: %s of %s lacks %s", at.File, at.Line, field, l.policy, list)
}
