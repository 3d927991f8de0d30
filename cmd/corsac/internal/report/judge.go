package report

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// judgement is what the browser made of one header of an answer.
type judgement uint8

const (
	ignored judgement = iota // not looked at, or of no consequence here
	passed
	refused
)

// checked are what the browser looks at in an answer, in order.
var checked = []string{
	"access-control-allow-origin", "access-control-allow-credentials", status, "access-control-allow-methods", "access-control-allow-headers",
}

const status = ":status"

// judge says what the browser made of the header name of answer i.
func judge(v *Verdict, i int, name string) judgement {
	w := &v.Outcome.Wire[i]
	e := v.Outcome.Error
	if i < len(v.Outcome.Wire)-1 || e != nil && !e.CORS() {
		e = nil
	}
	name = strings.ToLower(name)
	failed := len(checked)
	if e != nil {
		about := strings.ToLower(e.Header())
		switch {
		case name == about:
			return refused
		case e.Code == fetch.CodePreflightInvalidStatus:
			about = status
		}
		failed = slices.Index(checked, about)
	}
	step := slices.Index(checked, name)
	if retried(v, i) || step < 0 || step >= failed || !isChecked(v, w) || !isAsked(v, w, name) {
		return ignored
	}
	return passed
}

// retried reports whether the browser asked once more in place of looking at answer i, as it does after
// 421 (RFC 9110 §15.5.20).
func retried(v *Verdict, i int) bool {
	wire := v.Outcome.Wire
	return i < len(wire)-1 && wire[i].Status == http.StatusMisdirectedRequest && wire[i+1].Kind == wire[i].Kind && wire[i+1].Hop == wire[i].Hop
}

// isAsked reports whether a header that the browser checks is of consequence for a request.
func isAsked(v *Verdict, w *fetch.Recorded, name string) bool {
	switch name {
	case "access-control-allow-origin":
		return true
	case "access-control-allow-credentials":
		return v.Request.Credentials == fetch.CredentialsInclude
	case "access-control-allow-methods":
		asked := w.Headers.Get("Access-Control-Request-Method")
		return asked != "" && slices.ContainsFunc(v.Outcome.Preflight.Reasons, func(c fetch.PreflightReason) bool { return c.Kind == fetch.PreflightMethod && c.Name == asked })
	}
	return w.Headers.Get("Access-Control-Request-Headers") != ""
}

// isChecked reports whether an answer is under the CORS check at all.
func isChecked(v *Verdict, w *fetch.Recorded) bool {
	if w.Kind == fetch.KindPreflight {
		return true
	}
	if v.Request.Mode != fetch.ModeCORS || w.Headers.Get("Origin") == "" {
		return false
	}
	o, err := origin.ParseURL(w.URL)
	return err == nil && (o.String() != v.Request.Origin || w.Headers.Get("Origin") == "null")
}
