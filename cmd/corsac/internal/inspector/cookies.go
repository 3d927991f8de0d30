package inspector

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// lostCookies returns the names of the cookies that a response sets and that browsers
// do not keep for a page of another site: those without SameSite=None, which needs
// Secure (RFC 6265bis §5.7). In development, page and API are one site, where nothing
// shows that.
func (c *court) lostCookies() (names []string) {
	page, err := origin.Parse(c.page.Origin)
	api, wrong := origin.Parse(originOfURL(c.request.URL))
	if c.recorded || err != nil || wrong != nil || page.SameSite(api) {
		return nil
	}
	for _, h := range c.answer.ResponseHeaders {
		if !strings.EqualFold(h.Name, "Set-Cookie") {
			continue
		}
		pair, attributes, _ := strings.Cut(h.Value, ";")
		if name, _, ok := strings.Cut(pair, "="); ok && !isForOtherSites(attributes) {
			names = append(names, verdict.Printable(strings.TrimSpace(name)))
		}
	}
	return names
}

// isForOtherSites reports whether attributes are those of a cookie that pages of other
// sites may have.
func isForOtherSites(attributes string) bool {
	var all []string
	for a := range strings.SplitSeq(strings.ToLower(attributes), ";") {
		name, value, _ := strings.Cut(a, "=")
		all = append(all, strings.TrimSpace(name)+"="+strings.TrimSpace(value))
	}
	return slices.Contains(all, "samesite=none") && slices.Contains(all, "secure=")
}
