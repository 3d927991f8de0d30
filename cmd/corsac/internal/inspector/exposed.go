package inspector

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch/verdict"
)

// ofServers are X- headers that servers, frameworks and proxies add, and that no page
// reads.
var ofServers = []string{
	"x-powered-by", "x-content-type-options", "x-frame-options", "x-xss-protection", "x-dns-prefetch-control", "x-download-options",
	"x-permitted-cross-domain-policies", "x-aspnet-version", "x-aspnetmvc-version", "x-runtime", "x-cache", "x-cache-hits", "x-served-by", "x-timer",
	"x-robots-tag", "x-ua-compatible", "x-accel-buffering", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-envoy-upstream-service-time",
}

// forScript are other headers of responses that pages often read.
var forScript = []string{"content-disposition", "content-range", "link", "retry-after", "ratelimit", "ratelimit-policy"}

// unexposed returns the headers of a response that a page may want to read, and in
// production cannot (https://fetch.spec.whatwg.org/#http-access-control-expose-headers).
// In development, page and API have one origin, where script reads all of them, or
// corsac exposes them.
func (c *court) unexposed() (names []string) {
	if c.recorded || c.kind != kindRequest {
		return nil
	}
	exposed := strings.Split(strings.ToLower(c.answer.ResponseHeaders.Get("Access-Control-Expose-Headers")), ",")
	if c.policy != nil {
		exposed = c.policy.Policy().ExposeHeaders
	}
	for _, h := range c.answer.ResponseHeaders {
		lower := strings.ToLower(h.Name)
		wanted := strings.HasPrefix(lower, "x-") && !slices.Contains(ofServers, lower) || slices.Contains(forScript, lower)
		listed := slices.ContainsFunc(exposed, func(e string) bool {
			return strings.EqualFold(strings.TrimSpace(e), lower) || strings.TrimSpace(e) == "*" && !c.cookies
		})
		if wanted && !listed && !slices.Contains(names, h.Name) {
			names = append(names, h.Name)
		}
	}
	for i := range names {
		names[i] = verdict.Printable(names[i])
	}
	return names
}
