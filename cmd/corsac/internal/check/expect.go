package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/similar"
)

// Expectation is the verdict that a user expects: a result, or the code or the reason
// of an error; "" is none.
type Expectation string

// Results are the results that can be expected.
var Results = []string{string(fetch.Allowed), string(fetch.Blocked), string(fetch.Opaque), string(fetch.Failed)}

// codes are the codes and reasons that can be expected, besides those of the network.
var codes = []string{
	string(fetch.CodeWildcardOriginNotAllowed), string(fetch.CodeMissingAllowOriginHeader), string(fetch.CodeMultipleAllowOriginValues),
	string(fetch.CodeInvalidAllowOriginValue), string(fetch.CodeAllowOriginMismatch), string(fetch.CodeInvalidAllowCredentials),
	string(fetch.CodeCorsDisabledScheme), string(fetch.CodePreflightInvalidStatus), string(fetch.CodePreflightDisallowedRedirect),
	string(fetch.CodePreflightWildcardOriginNotAllowed), string(fetch.CodePreflightMissingAllowOriginHeader),
	string(fetch.CodePreflightMultipleAllowOriginValues), string(fetch.CodePreflightInvalidAllowOriginValue),
	string(fetch.CodePreflightAllowOriginMismatch), string(fetch.CodePreflightInvalidAllowCredentials),
	string(fetch.CodeInvalidAllowMethodsPreflightResponse), string(fetch.CodeInvalidAllowHeadersPreflightResponse),
	string(fetch.CodeMethodDisallowedByPreflightResponse), string(fetch.CodeHeaderDisallowedByPreflightResponse),
	string(fetch.CodeRedirectContainsCredentials), string(fetch.CodeInsecureLocalNetwork), string(fetch.CodeLocalNetworkAccessPermissionDenied),
	string(fetch.CodeTypeError),
	string(fetch.ReasonSameOriginMode), string(fetch.ReasonSameOriginLeft), string(fetch.ReasonNoCORSRedirect), string(fetch.ReasonUnsupportedScheme),
	string(fetch.ReasonLocalResource), string(fetch.ReasonMixedContent), string(fetch.ReasonRedirectMode), string(fetch.ReasonStreamRedirect),
	string(fetch.ReasonHandshake), string(fetch.ReasonCORP), string(fetch.ReasonEmbedder), string(fetch.ReasonMIMEType),
	string(fetch.ReasonOpaqueBlocked), string(fetch.ReasonEventStatus),
}

// Check returns an error if no verdict can be as expected.
func (e Expectation) Check() error {
	s := string(e)
	known := slices.Concat(Results, codes)
	switch {
	case s == "", slices.Contains(known, s), strings.HasPrefix(s, "net::ERR_"):
		return nil
	}
	hint := "write " + strings.Join(Results, ", ") + `, or the "code" of an error in a verdict, such as ` + string(fetch.CodeMissingAllowOriginHeader)
	if near := similar.Nearest(s, known, strings.ToLower); near != "" {
		hint = "did you mean " + near + "?"
	}
	return fmt.Errorf("no verdict is %q; %s", s, hint)
}

// Met reports whether a verdict is as expected, in each of its browsers.
func (e Expectation) Met(v *verdict.Verdict) bool {
	return v != nil && e.metAlone(v) && !slices.ContainsFunc(v.Others(), func(other *verdict.Verdict) bool { return !e.metAlone(other) })
}

func (e Expectation) metAlone(v *verdict.Verdict) bool {
	s := string(e)
	switch {
	case s == "" || s == string(v.Result):
		return true
	case v.Error == nil:
		return false
	}
	return s == v.Error.Code || s == v.Error.Reason
}

// Got returns what a verdict is, in the words of the expectation: its result or, if a
// code or a reason is expected, that of its error. Of several browsers, it is the
// verdict of the first that is not as expected.
func (e Expectation) Got(v *verdict.Verdict) string {
	for _, one := range append([]*verdict.Verdict{v}, v.Others()...) {
		switch {
		case e.metAlone(one):
		case one.Error == nil || slices.Contains(Results, string(e)):
			return string(one.Result)
		default:
			return cmp.Or(one.Error.Code, one.Error.Reason, string(one.Result))
		}
	}
	return string(e)
}

// Unreadable returns the response headers that script was to read and cannot, though
// it gets the response, in any browser. Without absent, those that the response does
// not have are left out.
func Unreadable(v *verdict.Verdict, absent bool) (names []string) {
	for _, one := range append([]*verdict.Verdict{v}, v.Others()...) {
		if one.Response == nil {
			continue
		}
		for name, read := range one.ReadHeaders {
			has := len(one.Wire) > 0 && one.Wire[len(one.Wire)-1].ResponseHeaders.Has(name)
			if !read && (has || absent) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}
