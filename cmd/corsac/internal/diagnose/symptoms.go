package diagnose

import (
	"slices"
	"strings"
)

// The causes that package cause sees in a verdict alone, by what they leave open.
var (
	// bareSuccess are successes without CORS headers.
	bareSuccess = []string{"no-cors-headers", "html-instead-of-json", "cached-response-without-cors", "origin-not-allowed", "cors-only-on-preflight"}
	// bareError are errors without CORS headers.
	bareError = []string{"error-response-without-cors", "server-error-without-cors", "auth-error-without-cors", "origin-not-allowed", "preflight-requires-auth"}
	// bareGateway are errors of a layer before the application.
	bareGateway = []string{"rate-limited-without-cors", "gateway-error-without-cors", "payload-too-large-without-cors"}
	// refusedPreflight are preflights that are refused.
	refusedPreflight = []string{
		"origin-not-allowed", "preflight-bad-status", "preflight-without-cors-headers", "preflight-not-routed", "preflight-server-error",
		"preflight-answered-by-html-page", "preflight-blocked-by-waf", "storage-cors-rule-missing", "preflight-requires-auth",
	}
	// otherServer are answers of a server that was not meant.
	otherServer = []string{"blocked-by-bot-protection", "localhost-ipv6-other-server", "http-to-https-port"}
	// wrongValue are origins that are like the page's.
	wrongValue = []string{"acao-wrong-scheme", "acao-other-origin", "cached-for-other-origin", "acao-wrong-port", "acao-www-mismatch", "acao-localhost-vs-ip"}
	// anyAnswer are all answers that lack something.
	anyAnswer = slices.Concat(bareSuccess, bareError, bareGateway, refusedPreflight, otherServer)
)

// says returns the first of some texts that the body of the answer contains,
// ignoring case; "" for none.
func (s *scene) says(texts ...string) string { return contains(s.body, texts...) }

func contains(body string, texts ...string) string {
	lower := strings.ToLower(body)
	for _, text := range texts {
		if strings.Contains(lower, strings.ToLower(text)) {
			return text
		}
	}
	return ""
}

// byBody returns that a text in the body shows a cause.
func (s *scene) byBody(text string) *shown {
	return by().saying("the body of the response to " + s.last.Method + " " + s.last.URL + " says: " + s.around(text))
}

// around is the line of the body that has a text, without tags.
func (s *scene) around(text string) string {
	i := strings.Index(strings.ToLower(s.body), strings.ToLower(text))
	if i < 0 {
		return text
	}
	from := strings.LastIndexAny(s.body[:i], "\n>") + 1
	to := len(s.body)
	if n := strings.IndexAny(s.body[i:], "\n<"); n >= 0 {
		to = i + n
	}
	const longest = 160
	line := strings.TrimSpace(s.body[max(from, i-longest):min(to, i+longest)])
	return strings.ToValidUTF8(line, "")
}
