package report

import (
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

// judge says what the browser made of the header name of answer i.
func judge(v *Verdict, i int, name string) judgement {
	w := &v.Outcome.Wire[i]
	e := v.Outcome.Error
	if i < len(v.Outcome.Wire)-1 || e != nil && !e.CORS() {
		e = nil
	}
	name = strings.ToLower(name)
	if e != nil && refusedHeader(e.Code) == name {
		return refused
	}
	if !isChecked(v, w) {
		return ignored
	}
	failed := stepNone
	if e != nil {
		failed = stepOf(e.Code)
	}
	asked := false
	switch step := stepOfHeader(name); {
	case step == stepNone || step >= failed:
		return ignored
	case step == stepOrigin:
		asked = true
	case step == stepCredentials:
		asked = v.Request.Credentials == fetch.CredentialsInclude
	case w.Kind != fetch.KindPreflight:
	case step == stepMethods:
		asked = !isSafelisted(valueOf(w.Headers, "Access-Control-Request-Method"))
	case step == stepHeaders:
		asked = valueOf(w.Headers, "Access-Control-Request-Headers") != ""
	}
	if asked {
		return passed
	}
	return ignored
}

func isSafelisted(method string) bool { return method == "GET" || method == "HEAD" || method == "POST" }

// isChecked reports whether an answer is under the CORS check at all.
func isChecked(v *Verdict, w *fetch.Wire) bool {
	if w.Kind == fetch.KindPreflight {
		return true
	}
	if v.Request.Mode != fetch.ModeCORS || valueOf(w.Headers, "Origin") == "" {
		return false
	}
	o, err := origin.ParseURL(w.URL)
	return err == nil && (o.String() != v.Request.Origin || valueOf(w.Headers, "Origin") == "null")
}

func stepOfHeader(name string) int {
	switch name {
	case "access-control-allow-origin":
		return stepOrigin
	case "access-control-allow-credentials":
		return stepCredentials
	case "access-control-allow-methods":
		return stepMethods
	case "access-control-allow-headers":
		return stepHeaders
	}
	return stepNone
}

// refusedHeader is the header that an error is about, in lower case, "" for none.
func refusedHeader(code fetch.Code) string {
	switch code {
	case fetch.PreflightInvalidStatus:
		return ""
	case fetch.PreflightDisallowedRedirect, fetch.RedirectContainsCredentials, fetch.CorsDisabledScheme:
		return "location"
	case fetch.InsecureLocalNetwork, fetch.LocalNetworkAccessPermissionDenied:
		return ""
	}
	switch stepOf(code) {
	case stepCredentials:
		return "access-control-allow-credentials"
	case stepMethods:
		return "access-control-allow-methods"
	case stepHeaders:
		return "access-control-allow-headers"
	}
	return "access-control-allow-origin"
}
