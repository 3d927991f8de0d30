package explain

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
	"github.com/corsac-dev/corsac/fetch"
)

// command reads the command that was copied together with its output.
func (h *heads) command(line string) {
	if h.url != "" || len(line) > maxField {
		return
	}
	requests, err := paste.Parse(strings.TrimLeft(line, " \t$%#"), paste.Curl, nil)
	if err != nil || len(requests) == 0 {
		return
	}
	r := requests[0]
	h.url, h.method = r.Script.URL, r.Script.Method
	if h.method == "" {
		h.method = "GET"
	}
	h.sent = append(h.sent, r.Script.Headers...)
	if r.Page.Origin != "" {
		h.sent = append(h.sent, fetch.Header{Name: "Origin", Value: r.Page.Origin})
	}
	if r.Cookie != "" {
		h.sent = append(h.sent, fetch.Header{Name: "Cookie", Value: r.Cookie})
	}
	if r.Preflight {
		h.preflight(r)
	}
}

// preflight turns the request that a preflight asks about back into it.
func (h *heads) preflight(r *paste.Request) {
	var names []string
	for _, header := range r.Script.Headers {
		names = append(names, strings.ToLower(header.Name))
	}
	h.sent = fetch.Headers{{Name: "Origin", Value: r.Page.Origin}, {Name: "Access-Control-Request-Method", Value: h.method}}
	if len(names) > 0 {
		h.sent = append(h.sent, fetch.Header{Name: "Access-Control-Request-Headers", Value: strings.Join(names, ",")})
	}
	h.method = "OPTIONS"
}
