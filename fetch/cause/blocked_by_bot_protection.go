package cause

import "strings"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "blocked-by-bot-protection", Side: Server, at: atMissing | atStatus, rank: otherServer, shows: []string{"cf-mitigated", "Server"},
		Title: "Bot protection responds with a challenge page",
		When:  "The response is marked as a challenge (cf-mitigated: challenge, or x-amzn-waf-action: challenge).",
		Why:   "Script cannot solve the challenge, and a preflight cannot either: the request never reaches the API.",
		Fix:   "Exempt the API's paths, and OPTIONS in particular, from the bot protection.",
		Example: fromApp(get(), Answer{
			Status: 403, Headers: "cf-mitigated: challenge\nServer: cloudflare",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return s.isChallenge() },
	}
})

// isChallenge reports whether the answer is a challenge of a bot protection.
func (s *scene) isChallenge() bool {
	return strings.EqualFold(s.answer("cf-mitigated"), "challenge") || strings.EqualFold(s.answer("x-amzn-waf-action"), "challenge")
}
