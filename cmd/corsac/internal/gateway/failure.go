package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// failure is a response of the gateway itself. It says nothing about upstreams;
// the log does.
type failure struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Error  string `json:"error"`
	Fix    string `json:"fix"`
}

var (
	noRoute = failure{
		http.StatusNotFound, "no-route", "no route of this gateway matches this path on this host",
		"correct the URL, or add a route for it to the gateway",
	}
	notAPath = failure{
		http.StatusBadRequest, "not-a-path", "the request has no path; this is a gateway, not a forward proxy",
		"send a request with a path, such as GET /",
	}
	notAHost = failure{
		http.StatusBadRequest, "not-a-host", "the request does not say which host it is for, or not with a valid name",
		"send a Host header, or ask over https",
	}
	ambiguousPath = failure{
		http.StatusBadRequest, "ambiguous-path", "servers may read this path as that of another route, with another policy",
		`write it without "..", "//", "\", ";" and needless percent-encoding, and its case and last slash as the route has them`,
	}
	requestLoop = failure{
		http.StatusLoopDetected, "loop", "the request has come back to this gateway, or been through too many others",
		"let no upstream lead back to the gateway; the log of the gateway names the route's upstream",
	}
	originRefused = failure{
		http.StatusForbidden, "origin-refused", "this gateway does not forward requests of pages of this origin to this route",
		"allow the origin in the policy of the route; the log of the gateway names the option that refuses it",
	}
	notForwarded = failure{
		http.StatusNotImplemented, "method-not-supported", "this gateway does not forward CONNECT and TRACE",
		"send another method",
	}
	bodySlow = failure{
		http.StatusRequestTimeout, "body-timeout", "the rest of the request body did not arrive in time",
		"send the body without long pauses",
	}
	bodyMalformed = failure{
		http.StatusBadRequest, "malformed-body", "the body of the request is not valid HTTP",
		"see RFC 9112, section 7.1",
	}
	notSendable = failure{
		http.StatusBadRequest, "malformed-request", "the request cannot be forwarded, because a server might read another one in it",
		"see RFC 9112",
	}
	upstreamDown = failure{
		http.StatusBadGateway, "upstream-unreachable", "the upstream of this route cannot be reached",
		"start it, or correct its URL in the route; the log of the gateway has the cause",
	}
	upstreamBroken = failure{
		http.StatusBadGateway, "upstream-failed", "the upstream of this route did not send a valid response",
		"see its log and the log of the gateway, which has the cause",
	}
	upstreamSlow = failure{
		http.StatusGatewayTimeout, "upstream-timeout", "the upstream of this route did not answer in time",
		"try again, or raise the timeout of the route; the log of the gateway has the cause",
	}
)

// ServeHTTP writes the failure as JSON.
func (f *failure) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if o := observerOf(w); o != nil {
		o.answer = f.Code
	}
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and a number can always be encoded
	}
	body = append(body, '\n')
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(f.Status)
	_, _ = w.Write(body) // fails only if the client has left
}
