package wpt

import (
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

func metadata(f *file) {
	f.path = "fetch/metadata/fetch.https.sub.any.js"
	sites := []struct{ at, site string }{{own, "same-origin"}, {port, "same-site"}, {www, "same-site"}, {remote, "cross-site"}}
	for _, s := range sites {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
			q := fetch.Request{URL: s.at + "/", Options: fetch.Options{Mode: mode}}
			f.add(&Case{Name: fmt.Sprintf("site of %s, %s", s.at, mode), Look: "sent Sec-Fetch-Site", Want: s.site, Request: q})
			f.add(&Case{Name: fmt.Sprintf("mode of %s, %s", s.at, mode), Look: "sent Sec-Fetch-Mode", Want: string(mode), Request: q})
			f.add(&Case{Name: fmt.Sprintf("destination of %s, %s", s.at, mode), Look: "sent Sec-Fetch-Dest", Want: "empty", Request: q})
		}
		for _, dest := range destinations {
			f.add(&Case{Name: fmt.Sprintf("%s from %s", dest, s.at), Look: "sent Sec-Fetch-Dest", Want: string(dest), Request: element(s.at, dest)})
		}
	}
}

// destinations are elements that load. Their names are their Sec-Fetch-Dest.
var destinations = []fetch.Destination{
	fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationStyle, fetch.DestinationFont, fetch.DestinationAudio, fetch.DestinationVideo,
	fetch.DestinationTrack,
}

func metadataRedirect(f *file) {
	f.path = "fetch/metadata/redirect/multiple-redirect-*.https.sub.html"
	for _, tt := range []struct{ from, target, want string }{
		{own, own, "same-origin"},
		{own, www, "same-site"},
		{own, remote, "cross-site"},
		{www, own, "same-site"},
		{remote, own, "cross-site"},
		{remote, www, "cross-site"},
		{www, remote, "cross-site"},
		{www, www, "same-site"},
	} {
		for _, dest := range destinations {
			f.add(&Case{
				Name: fmt.Sprintf("%s, %s to %s", dest, tt.from, tt.target), Look: "sent Sec-Fetch-Site", Want: tt.want, Request: element(tt.from, dest),
				Responses: list(to(302, star, "Location: "+tt.target+"/b"), to(200, star, "Content-Type: text/css")),
			})
		}
	}
}

func referrerGenerated(f *file) {
	f.path = "referrer-policy/gen/top.http-rp/*/fetch.https.html"
	const full = own + "/page?q"
	for _, tt := range []struct{ policy, same, cross string }{
		{"no-referrer", "", ""},
		{"no-referrer-when-downgrade", full, full},
		{"origin", own + "/", own + "/"},
		{"origin-when-cross-origin", full, own + "/"},
		{"same-origin", full, ""},
		{"strict-origin", own + "/", own + "/"},
		{"strict-origin-when-cross-origin", full, own + "/"},
		{"unsafe-url", full, full},
		{"", full, own + "/"},
	} {
		for _, target := range [][2]string{{own, tt.same}, {www, tt.cross}, {remote, tt.cross}} {
			f.add(&Case{
				Name: fmt.Sprintf("policy %q, to %s", tt.policy, target[0]), Look: "sent Referer", Want: target[1],
				Page:    fetch.PageConfig{Origin: own, URL: full, ReferrerPolicy: tt.policy},
				Request: fetch.Request{URL: target[0] + "/", Options: fetch.Options{Mode: fetch.ModeNoCORS}},
			})
		}
	}
}

func mixedContent(f *file) {
	f.path = "mixed-content/gen/top.meta/unset/*.https.html"
	for _, dest := range []fetch.Destination{
		fetch.DestinationFetch, fetch.DestinationXHR, fetch.DestinationScript, fetch.DestinationStyle, fetch.DestinationFont, fetch.DestinationEventSource,
		fetch.DestinationWorker,
	} {
		f.add(&Case{Name: string(dest) + " over plain http", Want: "error", Request: fetch.Request{URL: plain + "/", Options: fetch.Options{Destination: dest}}})
		f.add(&Case{
			Name: string(dest) + ", a redirect to plain http", Want: "error", Request: fetch.Request{URL: "/", Options: fetch.Options{Destination: dest}},
			Responses: list(to(302, "Location: "+plain+"/b"), to(200, star)),
		})
	}
}

func xhrCORS(f *file) {
	f.path = "xhr/access-control-basic-*.htm"
	with := fetch.Options{Destination: fetch.DestinationXHR, Credentials: fetch.CredentialsInclude}
	without := fetch.Options{Destination: fetch.DestinationXHR}
	for _, tt := range []struct {
		name, method string
		headers      fetch.Headers
		options      fetch.Options
		preflight    []string
		response     []string
		want         string
	}{
		{"allow *", "GET", nil, without, nil, []string{star}, "ok"},
		{"allow the origin", "GET", nil, without, nil, []string{mine}, "ok"},
		{"denied", "GET", nil, without, nil, nil, "error"},
		{"credentials, allow *", "GET", nil, with, nil, []string{star, credentials}, "error"},
		{"credentials, allowed", "GET", nil, with, nil, []string{mine, credentials}, "ok"},
		{"credentials, not allowed", "GET", nil, with, nil, []string{mine}, "error"},
		{"a preflight that is denied", "PUT", nil, without, nil, []string{star}, "error"},
		{"a preflight that allows the method", "PUT", nil, without, []string{star, "Access-Control-Allow-Methods: PUT"}, []string{star}, "ok"},
		{"a preflight that allows another method", "PUT", nil, without, []string{star, "Access-Control-Allow-Methods: DELETE"}, []string{star}, "error"},
		{"a custom header that is allowed", "GET", header("x-test", "1"), without, []string{star, "Access-Control-Allow-Headers: X-TEST"}, []string{star}, "ok"},
		{"a custom header that is not allowed", "GET", header("x-test", "1"), without, []string{star}, []string{star}, "error"},
		{"the response after a preflight is denied", "PUT", nil, without, []string{star, "Access-Control-Allow-Methods: PUT"}, nil, "error"},
		{"text/plain needs no preflight", "POST", header("Content-Type", "text/plain"), without, nil, []string{star}, "ok"},
		{"application/xml needs one", "POST", header("Content-Type", "application/xml"), without, nil, []string{star}, "error"},
	} {
		f.add(&Case{
			Name: tt.name, Want: tt.want, Request: fetch.Request{URL: remote + "/", Method: tt.method, Headers: tt.headers, Options: tt.options},
			Preflights: list(to(200, tt.preflight...)), Responses: list(to(200, tt.response...)),
		})
	}
}

func xhrMethods(f *file) {
	f.path = "xhr/open-method-*.htm"
	for _, method := range []string{"CONNECT", "connect", "TRACE", "TRACK", "", "G ET", "GET/", "\xef"} {
		if method == "" {
			method = fetch.EmptyMethod
		}
		f.add(&Case{
			Name: fmt.Sprintf("%q", method), Want: "throws",
			Request: fetch.Request{URL: "/", Method: method, Options: fetch.Options{Destination: fetch.DestinationXHR}},
		})
	}
	for _, tt := range [][2]string{{"get", "GET"}, {"Post", "POST"}, {"delete", "DELETE"}, {"xUNIcorn", "xUNIcorn"}, {"patch", "patch"}, {"heAd", "HEAD"}} {
		f.add(&Case{
			Name: tt[0], Look: "methods", Want: tt[1], Request: fetch.Request{URL: "/", Method: tt[0], Options: fetch.Options{Destination: fetch.DestinationXHR}},
		})
	}
}
