package verdict

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// checked is what the browser checks in an answer, in order.
var checked = []string{
	"access-control-allow-origin", "access-control-allow-credentials", status, "access-control-allow-methods", "access-control-allow-headers",
}

const status = ":status"

// judge says whether the header name of answer i passed the browser's check, failed
// it, or was not checked.
func (v *Verdict) judge(i int, name string) LineKind {
	w := &v.Wire[i]
	name = strings.ToLower(name)
	failed := len(checked)
	if e := v.Error; e != nil && e.isCORS() && i == len(v.Wire)-1 {
		about := strings.ToLower(e.Header)
		switch {
		case name == about:
			return LineFailed
		case fetch.Code(e.Code) == fetch.CodePreflightInvalidStatus:
			about = status
		}
		failed = slices.Index(checked, about)
	}
	step := slices.Index(checked, name)
	if v.retried(i) || step < 0 || step >= failed || !v.isChecked(w) || !v.isAsked(w, name) {
		return LineHeader
	}
	return LinePassed
}

// retried reports whether the browser asked once more instead of looking at
// answer i, as it does after 421 (RFC 9110 §15.5.20).
func (v *Verdict) retried(i int) bool {
	return i < len(v.Wire)-1 && v.Wire[i].Status == http.StatusMisdirectedRequest &&
		v.Wire[i+1].Kind == v.Wire[i].Kind && v.Wire[i+1].Hop == v.Wire[i].Hop
}

// isAsked reports whether a header that the browser checks matters for a request.
func (v *Verdict) isAsked(w *Wire, name string) bool {
	switch name {
	case "access-control-allow-origin":
		return true
	case "access-control-allow-credentials":
		return v.Request.Credentials == fetch.CredentialsInclude
	case "access-control-allow-methods":
		asked := w.Headers.Get("Access-Control-Request-Method")
		return asked != "" && slices.Contains(v.Preflight.Reasons, "method "+asked)
	}
	return w.Headers.Get("Access-Control-Request-Headers") != ""
}

// isChecked reports whether an answer is under the CORS check at all.
func (v *Verdict) isChecked(w *Wire) bool {
	if w.Kind == fetch.KindPreflight {
		return true
	}
	sent := w.Headers.Get("Origin")
	if v.Request.Mode != fetch.ModeCORS || sent == "" {
		return false
	}
	o, err := origin.ParseURL(w.URL)
	return err == nil && (o.String() != v.Request.Origin || sent == "null")
}
