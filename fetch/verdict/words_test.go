package verdict_test

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestWhyIsASentence checks that a refusal about which Chrome prints nothing but a
// code, or nothing at all, is explained in words.
func TestWhyIsASentence(t *testing.T) {
	for _, e := range []verdict.Error{
		{Code: "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", Reason: string(fetch.ReasonCORP)},
		{Code: "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite", Reason: string(fetch.ReasonCORP)},
		{Code: string(fetch.CodeNotSameOriginByCOEP), Reason: string(fetch.ReasonCORP)},
		{Code: "net::ERR_BLOCKED_BY_RESPONSE", Reason: string(fetch.ReasonEmbedder)},
		{Code: "net::ERR_BLOCKED_BY_ORB", Reason: string(fetch.ReasonOpaqueBlocked)},
		{Reason: string(fetch.ReasonEventStatus)},
		{Reason: string(fetch.ReasonMIMEType)},
		{Code: string(fetch.CodeFailed), Reason: string(fetch.ReasonRedirectMode)},
	} {
		v := verdict.Verdict{Result: fetch.Blocked, Error: &e}
		if why := v.Why(); !strings.Contains(why, " ") {
			t.Errorf("%s %s: %q", e.Code, e.Reason, why)
		}
	}
}
