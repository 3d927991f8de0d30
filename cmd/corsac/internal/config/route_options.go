package config

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// WebSocketOrigins says which pages may open a WebSocket.
type WebSocketOrigins string

// The pages that may open a WebSocket. Clients that send no Origin, and pages of the
// gateway's own host, always may.
const (
	// WebSocketDefault is WebSocketPolicy if the policy allows credentials, and
	// WebSocketAny otherwise.
	WebSocketDefault WebSocketOrigins = ""
	// WebSocketPolicy stands for the origins that the policy allows.
	WebSocketPolicy WebSocketOrigins = "policy"
	// WebSocketAny stands for all.
	WebSocketAny WebSocketOrigins = "any"
)

// allOriginsField is the field of DangerouslyAllowAllOriginsWithCredentials.
const allOriginsField = "dangerously_allow_all_origins_with_credentials"

// routeOptions returns the fields of a route that change or refuse requests.
func (r *reader) routeOptions(rt *Route) yamlread.Fields {
	return yamlread.Fields{
		"strip_prefix": r.Bool(&rt.StripPrefix), "hide_origin": r.Bool(&rt.HideOrigin), "exact": r.Bool(&rt.Exact),
		"slash_matters":   r.Bool(&rt.SlashMatters),
		"full_preflights": r.Bool(&rt.FullPreflights), allOriginsField: r.Bool(&rt.DangerouslyAllowAllOriginsWithCredentials),
		"refuse_cross_origin_writes": r.Bool(&rt.RefuseCrossOriginWrites),
		"websocket_origins": func(v yamlread.Value) {
			var word string
			r.Text(&word)(v)
			rt.WebSocketOrigins = WebSocketOrigins(word)
			if !slices.Contains([]WebSocketOrigins{WebSocketDefault, WebSocketPolicy, WebSocketAny}, rt.WebSocketOrigins) {
				r.Refuse(v.Place, Error{Code: CodeRouteOption, Value: word, Why: "it is not one of policy and any", Fix: "write policy, or any if the upstream checks the origin of handshakes"})
			}
		},
		"set_headers": func(v yamlread.Value) {
			for _, e := range r.Entries(v) {
				var value string
				r.Text(&value)(e.Value)
				if r.settable(e.At, e.Key); !httpguts.ValidHeaderFieldValue(value) || strings.TrimSpace(value) != value {
					r.Refuse(e.Value.Place, Error{Code: CodeRouteOption, Value: value, Why: "it is not the value of a header", Fix: "write one line of text without blanks around it"})
				}
				if rt.SetHeaders == nil {
					rt.SetHeaders = map[string]string{}
				}
				if _, twice := rt.SetHeaders[http.CanonicalHeaderKey(e.Key)]; twice {
					r.Refuse(e.At, Error{Code: CodeRouteOption, Value: e.Key, Why: "it is there twice, in another case", Fix: "remove one"})
				}
				rt.SetHeaders[http.CanonicalHeaderKey(e.Key)] = value
			}
		},
		"remove_headers": func(v yamlread.Value) {
			var places []yamlread.Place
			r.Texts(&rt.RemoveHeaders, &places)(v)
			for i, name := range rt.RemoveHeaders {
				r.settable(places[i], name)
				rt.RemoveHeaders[i] = http.CanonicalHeaderKey(name)
			}
		},
	}
}

// checkSlash reports slash_matters where no slash could matter.
func (r *reader) checkSlash(at routePlaces, rt *Route) {
	if rt.SlashMatters && !rt.Exact {
		r.Refuse(at.fields["slash_matters"], Error{Code: CodeRouteOption, Why: "the route takes paths with and without a slash at the end", Fix: "write exact: true beside it, or remove it"})
	}
}

// settable reports a header of requests that a route must not change.
func (r *reader) settable(at yamlread.Place, name string) { r.check(at, CheckHeader(name)) }

// CheckHeader returns why a route must not change a header of requests, or nil.
func CheckHeader(name string) *Error {
	lower := strings.ReplaceAll(strings.ToLower(name), "_", "-") // as some servers read it
	e := &Error{Code: CodeRouteOption, Value: name}
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		e.Why, e.Fix = "it is not the name of a header", "write one such as X-Api-Version"
	case lower == "host":
		e.Why, e.Fix = "it says which server a request is for", "write preserve_host: true for that of the request, or let the upstream's URL have it"
	case lower == "origin":
		e.Why, e.Fix = "a route has another way for that", "write hide_origin: true"
	case slices.Contains([]string{
		"connection", "content-length", "corsac-hop", "expect", "forwarded", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
	}, lower), strings.HasPrefix(lower, "x-forwarded-"):
		e.Why, e.Fix = "the gateway itself sets it", "remove it here"
	case slices.Contains([]string{"proxy-authenticate", "proxy-authorization", "x-original-url", "x-real-ip", "x-rewrite-url"}, lower):
		e.Why, e.Fix = "upstreams never get it", "remove it here; X-Forwarded-For has the address of the client"
	default:
		return nil
	}
	return e
}

// writeOptions writes the fields of routeOptions.
func (r *Route) writeOptions(b *bytes.Buffer) {
	for _, o := range []struct {
		name string
		is   bool
	}{
		{"exact", r.Exact},
		{"slash_matters", r.SlashMatters},
		{"strip_prefix", r.StripPrefix},
		{"hide_origin", r.HideOrigin},
		{"refuse_cross_origin_writes", r.RefuseCrossOriginWrites},
		{"full_preflights", r.FullPreflights},
		{allOriginsField, r.DangerouslyAllowAllOriginsWithCredentials},
	} {
		if o.is {
			fmt.Fprintf(b, "      %s: true\n", o.name)
		}
	}
	writeText(b, "      websocket_origins: ", string(r.WebSocketOrigins))
	if len(r.SetHeaders) > 0 {
		b.WriteString("      set_headers:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(r.SetHeaders)) {
		fmt.Fprintf(b, "        %s: %s\n", yamlread.WriteText(name), yamlread.WriteText(r.SetHeaders[name]))
	}
	if len(r.RemoveHeaders) > 0 {
		b.WriteString("      remove_headers:\n")
	}
	for _, name := range r.RemoveHeaders {
		fmt.Fprintf(b, "        - %s\n", yamlread.WriteText(name))
	}
}
