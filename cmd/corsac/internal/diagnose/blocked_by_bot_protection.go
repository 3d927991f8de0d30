package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

// challenges are texts of the pages with which bot protections ask for proof of a
// person: Cloudflare, Incapsula, PerimeterX, DataDome, AWS WAF, DDoS-Guard, Vercel.
var challenges = []string{
	"<title>Just a moment...</title>", "cf-chl-", "cf_chl_opt", "/cdn-cgi/challenge-platform/", "_Incapsula_Resource", "px-captcha", "_pxCaptcha",
	"captcha-delivery.com", "awswaf.com", "ddos-guard", "Checking your browser before accessing", "Enable JavaScript and cookies to continue",
	"Vercel Security Checkpoint", "Pardon Our Interruption", "Verifying you are human", "g-recaptcha", "h-captcha",
}

var _ = register(&Cause{
	Slug: "blocked-by-bot-protection",
	When: "The response is a challenge page: its headers (cf-mitigated) or its body say so.",
	Example: &Scenario{
		Server:  write(http.StatusForbidden, "text/html; charset=UTF-8", "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"),
		Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: wrongServer, of: anyAnswer, find: func(s *scene) *shown {
		if text := s.says(challenges...); text != "" && (s.status(403, 405, 429, 503) || s.status(200, 202) && isHTML(s.answer("Content-Type"))) {
			return s.byBody(text)
		}
		return nil
	}}},
})
