package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "blocked-by-bot-protection", InProxy: true,
	When: "The response is a challenge page: its headers (cf-mitigated) or its body say so.",
	Example: &Scenario{
		Server:  write(http.StatusForbidden, "text/html; charset=UTF-8", "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"),
		Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: wrongServer, of: anyAnswer, find: func(s *scene) *shown {
		refused := s.status(403, 405, 429, 503)
		text := s.says(challenges...)
		if text == "" && refused {
			text = s.says(challengeParts...)
		}
		if text != "" && (refused || s.status(200, 202) && protocol.IsHTML(s.answer("Content-Type"))) {
			return s.byBody(text)
		}
		return nil
	}}},
})

// The texts of the pages with which bot protections ask for proof of a person:
// Cloudflare, Incapsula, PerimeterX, DataDome, AWS WAF, DDoS-Guard, Vercel.
var (
	challenges = []string{
		"<title>Just a moment...</title>", "cf-chl-", "cf_chl_opt", "px-captcha", "_pxCaptcha", "Checking your browser before accessing",
		"Enable JavaScript and cookies to continue", "Vercel Security Checkpoint", "Pardon Our Interruption", "Verifying you are human", "Incapsula incident ID",
	}
	// challengeParts are also in pages that everybody gets: protections put their
	// scripts into all of them, and login pages have captchas of their own. So they
	// show a challenge only in an error.
	challengeParts = []string{
		"/cdn-cgi/challenge-platform/", "_Incapsula_Resource", "captcha-delivery.com", "awswaf.com", "ddos-guard", "g-recaptcha", "h-captcha",
	}
)
