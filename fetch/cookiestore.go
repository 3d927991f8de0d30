package fetch

import (
	"net/http"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Cookies is the cookie store of a browser as one page uses it, for callers of
// [Browser.Fetch] that bring their own network; a [Transport] has its own.
// Domains, paths, Secure, SameSite and third-party cookies follow the rules of
// the profile (RFC 6265bis). It is safe for concurrent use.
type Cookies struct {
	browser *Browser
	page    *Page
	jar     cookieJar
}

// NewCookies returns an empty store.
func NewCookies(b *Browser, p *Page) *Cookies {
	return &Cookies{browser: b, page: p, jar: cookieJar{rules: &b.rules.cookies, cookies: map[cookieID]*cookie{}}}
}

// Set puts cookies into the store as if the user had visited the URL and it had
// set them. Cookies that a browser would not accept from there are ignored.
func (c *Cookies) Set(rawURL string, cookies ...*http.Cookie) error {
	at, err := c.context(rawURL, false)
	if err != nil {
		return err
	}
	for _, h := range cookies {
		c.jar.set(at, h)
	}
	return nil
}

// Header returns the Cookie header of a request, or "" if it has no cookies.
// Without [WireRequest].Credentials it has none.
func (c *Cookies) Header(w *WireRequest) string {
	if !w.Credentials {
		return ""
	}
	at, err := c.context(w.URL, w.CrossSite)
	if err != nil {
		return ""
	}
	return c.jar.header(at)
}

// Store takes the cookies that the response to a request sets. It ignores them
// if the request was made without [WireRequest].Credentials.
func (c *Cookies) Store(w *WireRequest, answer *WireResponse) {
	if !w.Credentials {
		return
	}
	at, err := c.context(w.URL, w.CrossSite)
	if err != nil {
		return
	}
	c.jar.store(at, answer.Headers.Values("Set-Cookie"))
}

func (c *Cookies) context(rawURL string, crossSite bool) (*cookieContext, error) {
	u, err := weburl.Parse(rawURL, nil)
	if err != nil {
		return nil, err
	}
	o, err := origin.ParseURL(rawURL)
	if err != nil {
		return nil, err
	}
	return &cookieContext{
		url: u, origin: o, crossSite: crossSite, partition: c.page.site,
		thirdParty: !c.page.cfg.BlockThirdPartyCookies, now: c.browser.cfg.Now(),
	}, nil
}
