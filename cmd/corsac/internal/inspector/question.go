package inspector

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/fetch"
)

// question is an exchange as the playground takes it: the parameters of its fragment.
type question struct {
	Origin      string `json:"origin"`
	URL         string `json:"url"`
	Method      string `json:"method"`
	Headers     string `json:"headers"` // lines
	Credentials string `json:"credentials"`
	Mode        string `json:"mode"`
	// Server says which of the following answers: "headers" or "policy".
	Server    string `json:"server"`
	Preflight string `json:"preflight"` // a status, and header lines; "" for no response
	Actual    string `json:"actual"`
	Policy    string `json:"policy"` // in JSON
}

// questionOf returns the exchange of a subject for the playground, or nil if CORS does
// not apply to it. Secrets are masked. Where the server was never asked for permission,
// the preflight has no CORS headers.
func (in *Inspector) questionOf(w *world, s *subject, j *judgement) *question {
	if s.request == nil {
		return nil
	}
	q := &question{
		Origin: s.page.Origin, URL: strings.ReplaceAll(s.request.URL, mask.Mark, placeholder), Method: s.request.Method,
		Headers: headerLines(s.request.Headers), Server: "headers", Preflight: "204", Actual: answered(&s.answer),
	}
	if s.request.Credentials != fetch.CredentialsSameOrigin {
		q.Credentials = string(s.request.Credentials)
	}
	if s.request.Mode != fetch.ModeCORS {
		q.Mode = string(s.request.Mode)
	}
	switch {
	case s.kind == kindPreflight: // the response itself is supposed to say the same
		q.Preflight, q.Actual = q.Actual, sharing(http.StatusOK, s.answer.ResponseHeaders)
	case s.recorded:
		q.Preflight = in.permission(s)
	}
	if policy, ok := w.policies[j.Policy]; ok && j.Basis == byPolicy {
		if text, err := json.MarshalIndent(policy.Policy(), "", "  "); err == nil {
			q.Server, q.Policy = "policy", string(text)
		}
	}
	return q
}

// permission returns the preflight of a recorded request. One that was not recorded
// permitted the request, or the browser would not have sent it.
func (in *Inspector) permission(s *subject) string {
	if preflight, ok := in.preflightOf(s.exchange); ok {
		return answered(&preflight)
	}
	names := make([]string, len(s.request.Headers))
	for i, h := range s.request.Headers {
		names[i] = h.Name
	}
	return sharing(http.StatusNoContent, s.answer.ResponseHeaders) +
		"\nAccess-Control-Allow-Methods: " + s.request.Method + "\nAccess-Control-Allow-Headers: " + strings.Join(names, ", ")
}

// sharing returns a response with a status, and with what headers say about who may
// read it.
func sharing(status int, headers fetch.Headers) string {
	text := fmt.Sprint(status)
	for _, h := range headers {
		if slices.Contains([]string{"access-control-allow-origin", "access-control-allow-credentials"}, strings.ToLower(h.Name)) {
			text += "\n" + h.Name + ": " + h.Value
		}
	}
	return text
}

// answered returns a response as the playground takes it. Of its headers, it has what
// a page could read.
func answered(r *fetch.Recorded) string {
	if r.Status == 0 {
		return ""
	}
	text := fmt.Sprint(r.Status)
	if lines := headerLines(r.ResponseHeaders); lines != "" {
		text += "\n" + lines
	}
	return text
}

// headerLines returns headers as lines, with [placeholder] for what is masked, and
// without cookies.
func headerLines(headers fetch.Headers) string {
	var lines []string
	for _, h := range headers {
		switch name := strings.ToLower(h.Name); name {
		case "set-cookie", "cookie", "date", "content-length", "connection", "keep-alive", "transfer-encoding":
		default:
			lines = append(lines, h.Name+": "+unmarked(name, h.Value))
		}
	}
	return strings.Join(lines, "\n")
}
