package wpt

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// Origins of the tests of Fetch Metadata: of the page's site, and of another.
const (
	www      = "https://www.web-platform.test:8443"
	wwwOther = "https://www.not-web-platform.test:8443"
)

// tls is the page of the tests that need https.
var tls = fetch.PageConfig{Origin: ownTLS}

func metadata(f *file) {
	for _, tt := range []struct {
		at, site string
		mode     fetch.Mode
	}{
		{ownTLS, "same-origin", ""},
		{www, "same-site", ""},
		{wwwOther, "cross-site", ""},
		{ownTLS, "same-origin", fetch.ModeSameOrigin},
		{ownTLS, "same-origin", fetch.ModeCORS},
		{ownTLS, "same-origin", fetch.ModeNoCORS},
	} {
		mode := string(tt.mode)
		if mode == "" {
			mode = "cors"
		}
		f.add(&Case{
			Name: fmt.Sprintf("%s, mode %q", tt.at, tt.mode), Page: tls, Responses: list(echoed()),
			Request: fetch.Request{URL: tt.at + "/echo", Options: fetch.Options{Mode: tt.mode}},
			Checks:  expect("sent Sec-Fetch-Site", tt.site, "sent Sec-Fetch-User", absent, "sent Sec-Fetch-Mode", mode, "sent Sec-Fetch-Dest", "empty"),
		})
	}
}

// chained adds a test of what the last request along a chain of redirects has.
func chained(f *file, q fetch.Request, page fetch.PageConfig, name string, chain []string, checks []Check) {
	q.URL = chain[0] + "/a"
	var answers []*fetch.WireResponse
	for _, next := range chain[1:] {
		answers = append(answers, redirectTo(302, next+"/a"))
	}
	last := to(200, star)
	if q.Destination == fetch.DestinationScript || q.Destination == fetch.DestinationModule {
		last = to(200, star, "Content-Type: application/javascript")
	}
	f.add(&Case{
		Name: name + strings.Join(chain, " to "), Page: page, Request: q, Responses: append(answers, last), Checks: checks,
	})
}

// image is an element that needs no CORS.
var image = fetch.Request{Options: fetch.Options{Destination: fetch.DestinationImage}}

// redirectedImage adds a test of an image after redirects.
func redirectedImage(f *file, site string, chain ...string) {
	chained(f, image, tls, "", chain, expect(
		"sent Sec-Fetch-Site", site, "sent Sec-Fetch-User", absent, "sent Sec-Fetch-Mode", "no-cors", "sent Sec-Fetch-Dest", "image"))
}

func metadataRedirects(f *file) {
	redirectedImage(f, "cross-site", ownTLS, wwwOther, ownTLS)
	redirectedImage(f, "same-site", ownTLS, www, ownTLS)
	redirectedImage(f, "cross-site", wwwOther, ownTLS)
	redirectedImage(f, "cross-site", wwwOther, www)
	redirectedImage(f, "cross-site", wwwOther, wwwOther)
	redirectedImage(f, "same-site", www, ownTLS)
	redirectedImage(f, "cross-site", www, wwwOther)
	redirectedImage(f, "same-origin", ownTLS, ownTLS)
	redirectedImage(f, "same-site", ownTLS, www)
	redirectedImage(f, "cross-site", ownTLS, wwwOther)
}

// sites are the chains of redirects that every file of generated tests has.
var sites = []struct {
	chain []string
	site  string
}{
	{[]string{ownTLS}, "same-origin"},
	{[]string{otherTLS}, "cross-site"},
	{[]string{www}, "same-site"},
	{[]string{ownTLS, otherTLS, ownTLS}, "cross-site"},
	{[]string{ownTLS, www, ownTLS}, "same-site"},
	{[]string{otherTLS, ownTLS}, "cross-site"},
	{[]string{otherTLS, www}, "cross-site"},
	{[]string{otherTLS, otherTLS}, "cross-site"},
	{[]string{ownTLS, ownTLS}, "same-origin"},
	{[]string{ownTLS, www}, "same-site"},
	{[]string{ownTLS, otherTLS}, "cross-site"},
	{[]string{www, ownTLS}, "same-site"},
	{[]string{www, www}, "same-site"},
	{[]string{www, otherTLS}, "cross-site"},
}

// generated adds the tests of a kind of request that all files have.
func generated(f *file, q fetch.Request, name string) {
	for _, s := range sites {
		chained(f, q, tls, name+"site, ", s.chain, expect("sent Sec-Fetch-Site", s.site))
	}
}

// single adds a test of one header of a request to the page's origin.
func single(f *file, q fetch.Request, name, header, want string) {
	chained(f, q, tls, name+": "+header+", ", []string{ownTLS}, expect("sent "+header, want))
}

func metadataFetch(f *file) {
	generated(f, noCORS(""), "")
	for _, tt := range []struct{ mode, want string }{{"", "cors"}, {"cors", "cors"}, {"no-cors", "no-cors"}, {"same-origin", "same-origin"}} {
		single(f, fetch.Request{Options: fetch.Options{Mode: fetch.Mode(tt.mode)}}, "mode "+tt.mode, "Sec-Fetch-Mode", tt.want)
	}
	single(f, fetch.Request{}, "fetch", "Sec-Fetch-Dest", "empty")
	single(f, fetch.Request{}, "fetch", "Sec-Fetch-User", absent)
}

func metadataPlain(f *file) {
	page := fetch.PageConfig{URL: address}
	for _, name := range []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User"} {
		for _, at := range []string{own, "http://www.web-platform.test:8000", other} {
			chained(f, fetch.Request{}, page, name+" ", []string{at}, expect("sent "+name, absent))
		}
	}
	chained(f, fetch.Request{}, page, "down, ", []string{ownTLS, own}, expect("sent Sec-Fetch-Site", absent))
	chained(f, fetch.Request{}, page, "up, ", []string{own, ownTLS}, expect("sent Sec-Fetch-Site", "cross-site"))
	chained(f, fetch.Request{}, page, "down and up, ", []string{ownTLS, own, ownTLS}, expect("sent Sec-Fetch-Site", "cross-site"))
}

// withCORS adds the tests of crossorigin attributes.
func withCORS(f *file, d fetch.Destination) {
	for _, value := range []string{"", "anonymous", "use-credentials"} {
		single(f, fetch.Request{Options: fetch.Options{Destination: d, CrossOrigin: &value}}, "crossorigin="+value, "Sec-Fetch-Mode", "cors")
	}
}

func metadataImage(f *file) {
	generated(f, image, "")
	chained(f, image, tls, "down and up, ", []string{ownTLS, own, ownTLS}, expect("sent Sec-Fetch-Site", "cross-site"))
	single(f, image, "image", "Sec-Fetch-Mode", "no-cors")
	withCORS(f, fetch.DestinationImage)
	single(f, image, "image", "Sec-Fetch-Dest", "image")
	single(f, image, "image", "Sec-Fetch-User", absent)
}

func metadataScript(f *file) {
	classic := fetch.Request{Options: fetch.Options{Destination: fetch.DestinationScript}}
	module := fetch.Request{Options: fetch.Options{Destination: fetch.DestinationModule}}
	generated(f, classic, "")
	generated(f, module, "module, ")
	single(f, classic, "script", "Sec-Fetch-Mode", "no-cors")
	single(f, module, "module", "Sec-Fetch-Mode", "cors")
	withCORS(f, fetch.DestinationScript)
	single(f, classic, "script", "Sec-Fetch-Dest", "script")
	single(f, classic, "script", "Sec-Fetch-User", absent)
}

func referrerGenerated(f *file) {
	swapped := map[string]string{own: remote, remote: own, ownTLS: remoteTLS, remoteTLS: ownTLS}
	for _, p := range policies {
		for _, at := range []string{own, remote, ownTLS, remoteTLS} {
			for _, redirection := range []string{"no-redirect", "keep-origin", "swap-origin"} {
				if p.name == "same-origin" && at == ownTLS && redirection != "swap-origin" {
					continue // not in the file
				}
				answers := list(to(200, star))
				switch redirection {
				case "keep-origin":
					answers = list(to(301, star, "Location: "+at+"/b"), to(200, star))
				case "swap-origin":
					answers = list(to(301, star, "Location: "+swapped[at]+"/b"), to(200, star))
				}
				want := p.cross
				if at == own && redirection != "swap-origin" {
					want = p.same
				}
				f.add(&Case{
					Name: fmt.Sprint(p.name, ", ", at, ", ", redirection), Page: fetch.PageConfig{URL: address, ReferrerPolicy: p.name},
					Request: cors(at + "/a"), Responses: answers, Checks: expect("sent Referer", want),
				})
			}
		}
	}
}
