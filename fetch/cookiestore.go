package fetch

import (
	"net/http"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Cookies is the cookie store of a browser as one page uses it, for callers of [Browser.Fetch] that
// bring their own network; a [Transport] has one of its own. Domains, paths, Secure, SameSite and
// third-party rules are those of the profile (RFC 6265bis). It is safe for concurrent use.
type Cookies struct {
	browser *Browser
	page    *Page
	jar     cookieJar
}

// NewCookies is an empty store.
func NewCookies(b *Browser, p *Page) *Cookies {
	return &Cookies{browser: b, page: p, jar: cookieJar{rules: &b.rules.cookies, cookies: map[cookieID]*cookie{}}}
}

// Set puts cookies into the store as if the user had visited the URL and it had set them. Those that
// a browser would not take from there are left out.
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

// Header is the Cookie header of a request, "" for none. Without [WireRequest].Credentials there is
// none.
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

// Store takes the cookies that the answer to a request sets. Those of an answer to a request without
// [WireRequest].Credentials are ignored.
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
