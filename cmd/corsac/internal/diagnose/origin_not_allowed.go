package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "origin-not-allowed",
	Why:  "The server handles CORS, and the list of origins that it allows lacks {sent}.",
	When: "The server's responses show that it handles CORS and does not allow the page's origin: its body says so, another origin is allowed at the same URL, the request passes without Origin, or Vary names Origin.",
	Example: &Scenario{
		Server: allowing("http://localhost:3000", items), Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: allowing(dev, items)},
	rules: []rule{
		{rank: textual, of: anyAnswer, find: func(s *scene) *shown { return s.ifWeb(s.refusedByText) }},
		{rank: middle, of: anyAnswer, find: func(s *scene) *shown { return s.ifWeb(s.refusedByComparison) }},
		{rank: late, of: anyAnswer, find: func(s *scene) *shown { return s.ifWeb(s.refusedInPreflight) }},
		{rank: late, of: append([]string{"preflight-without-cors-headers"}, bareSuccess...), find: func(s *scene) *shown { return s.ifWeb(s.refusedBare) }},
		{rank: lowest, of: anyAnswer, find: func(s *scene) *shown { return s.ifWeb(s.refusedSilently) }},
	},
})

func (s *scene) ifWeb(find func() *shown) *shown {
	if s.isApp() || s.sent() == "null" {
		return nil
	}
	return find()
}

// refusedInPreflight finds that the server answers a preflight for the request as
// one that handles CORS, while the response to the request itself shows nothing:
// Starlette says why only there.
func (s *scene) refusedInPreflight() *shown {
	if s.preflight() || s.has(protocol.AllowOrigin) || s.preflightPassed() != nil || s.last.Status >= 400 {
		return nil
	}
	r := s.preflightHere()
	switch {
	case !r.bare():
		return nil
	case contains(string(r.Body), originTexts...) != "":
		return by(r)
	case r.has(protocol.AllowMethods) && protocol.Lists(r.get("Vary"), "Origin"):
		return by(r).likely()
	}
	return nil
}

// refusedBare finds that preflights get a bare 204, and other OPTIONS requests an
// error: something handles preflights, and refuses this one without a word, as
// ASP.NET Core does.
func (s *scene) refusedBare() *shown {
	bare := s.bareNoContent()
	if bare == nil || s.preflight() && !s.actual().bare() {
		return nil
	}
	other := s.bareOptions()
	if !other.failure() {
		return nil
	}
	f := by(bare, other).likely()
	f.why = "Preflights get a success here, and other OPTIONS requests an error. So the server handles CORS, and its list of origins seems to lack {sent}: ASP.NET Core, for example, says nothing else about an origin that it does not allow."
	return f
}

// originTexts are what servers say to an origin that is not on their list.
var originTexts = []string{
	"Not allowed by CORS", "Disallowed CORS origin", "CORS origin not allowed", "Origin not allowed", "origin is not allowed", "not an allowed origin",
	"is not allowed by CORS", "not allowed by Access-Control-Allow-Origin", "The CORS policy for this site does not allow access from the specified Origin",
	"blocked by CORS", "CORS policy violation", "Invalid origin", "CORS Error", "CORS: origin", "CORSNotAllowed", "CORS request rejected", "Origin forbidden",
	"does not match any allowed origin", "Cross origin requests are not allowed", "Forbidden origin", "disallowed origin",
}

// isApp reports whether the page's origin has a scheme of its own.
func (s *scene) isApp() bool {
	scheme, _, ok := strings.Cut(s.sent(), "://")
	return ok && !isWeb(scheme)
}

// refusedByText finds that the body says that the origin is not allowed.
func (s *scene) refusedByText() *shown {
	if s.last.Status < 400 || s.has(protocol.AllowOrigin) || s.says("Disallowed CORS method", "Disallowed CORS headers") != "" && s.says("CORS origin") == "" {
		return nil
	}
	if text := s.says(originTexts...); text != "" {
		return s.byBody(text)
	}
	return nil
}

// refusedByComparison finds that the same request is allowed to another origin, or
// succeeds without any.
func (s *scene) refusedByComparison() *shown {
	if s.has(protocol.AllowOrigin) || s.preflightPassed() != nil || s.status(401, 407, 413, 429) || s.isGateway() || s.redirect().Host != "" {
		return nil
	}
	if s.preflight() {
		if s.parts().fine || s.status(404, 405, 410, 501) && !s.showsCORS() {
			return nil
		}
		r := s.actual()
		if r.allows(s.sent(), false) {
			return nil
		}
		if r.status(http.StatusForbidden, http.StatusBadRequest, http.StatusInternalServerError) {
			if anonymous := s.withoutOrigin(); anonymous.success() {
				return by(r, anonymous)
			}
		}
	} else if r := s.withoutOrigin(); s.last.Status >= 400 && s.last.Status < 600 && r.success() {
		return by(r)
	}
	if r := s.allowedElse(); r != nil {
		return by(r)
	}
	return nil
}

// refusedSilently finds that the answers depend on Origin, and allow none of those
// that were tried.
func (s *scene) refusedSilently() *shown {
	if s.preflight() && (s.parts().fine || s.status(http.StatusNotFound, http.StatusMethodNotAllowed)) {
		return nil
	}
	if text := s.says("Invalid CORS request"); text != "" {
		return s.byBody(text).likely()
	}
	if s.symptom() == "origin-not-allowed" {
		f := by().saying("Vary: " + s.answer("Vary")).likely()
		f.why = s.candidates[0].Why // which says what else it may be
		return f
	}
	if !s.preflight() || s.status(401, 407) || s.last.Status >= 500 {
		return nil
	}
	// A preflight that is refused as a whole need not say that it depends on Origin.
	if r := s.actual(); r.bare() && protocol.Lists(r.get("Vary"), "Origin") {
		return by(r).likely()
	}
	return nil
}

// bareNoContent is a preflight's answer that is a 204 without anything about CORS or
// methods; nil if it is not. Servers with CORS may refuse like that, and servers
// without it.
func (s *scene) bareNoContent() *reply {
	var r *reply
	if s.preflight() {
		r = &reply{&check.Answer{Status: s.last.Status, Headers: s.last.ResponseHeaders}, s.preflightAgain("the preflight")}
	} else {
		r = s.preflightHere()
	}
	if !r.status(http.StatusNoContent) || !r.bare() || r.has("Allow") || showsCORS(r.Headers) {
		return nil
	}
	return r
}
