package demo

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// TestExplain checks that the log explains what was blocked, in the words of
// the browser that asks, and nothing else.
func TestExplain(t *testing.T) {
	d := start(t, Options{})
	preflight := func(base, run string) {
		do(t, "OPTIONS", base+"/items/3?run="+run, "", "Origin", d.PageURL(),
			"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type")
	}
	preflight(d.APIURL(), "blocked")
	preflight(d.GatewayURL(), "cut")
	preflight(d.GatewayURL(), "whole")
	do(t, "PUT", d.GatewayURL()+"/items/3?run=whole", `{"name":"red fox"}`, "Origin", d.PageURL(), "Content-Type", "application/json")
	do(t, "PUT", d.GatewayURL()+"/items/3?run=foreign", `{"name":"red fox"}`, "Origin", "https://elsewhere.example", "Content-Type", "application/json")

	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
	for _, test := range []struct{ name, query, agent, cause, console string }{
		{"blocked", "call=put&server=api&run=blocked", "", "preflight-not-routed", "Access to fetch at '"},
		{"blocked by Firefox", "call=put&server=api&run=blocked", firefox, "preflight-not-routed", "Cross-Origin Request Blocked: "},
		{"allowed", "call=put&server=gateway&run=whole", "", "", ""},
		{"only the preflight is recorded", "call=put&server=gateway&run=cut", "", "", ""},
		{"the preflight is not recorded", "call=put&server=gateway&run=foreign", "", "", ""},
		{"another call", "call=get&server=api&run=blocked", "", "", ""},
		{"no such call", "call=x&server=api&run=blocked", "", "", ""},
		{"no such server", "call=put&server=x&run=blocked", "", "", ""},
		{"no such run", "call=put&server=api&run=%22%3Cb%3E", "", "", ""},
	} {
		_, body := do(t, "GET", d.PageURL()+"/wire?"+test.query, "", "User-Agent", test.agent)
		var got account
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%s: %v: %s", test.name, err, body)
		}
		slug := ""
		if got.Cause != nil {
			slug = got.Cause.Cause
		}
		if slug != test.cause || (got.Console == "") != (test.console == "") || !strings.HasPrefix(got.Console, test.console) {
			t.Errorf("%s: cause %q, console %q, want %q, %q", test.name, slug, got.Console, test.cause, test.console)
		}
	}
}

func TestBrowserOf(t *testing.T) {
	const webkit = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	for agent, want := range map[string]fetch.Profile{
		"": fetch.Chromium,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36":               fetch.Chromium,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36":       fetch.Chromium,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0": fetch.Chromium,
		"Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0":                                              fetch.Firefox,
		webkit + "Version/26.0 Safari/605.1.15":               fetch.Safari,
		webkit + "CriOS/156.0.0.0 Mobile/15E148 Safari/604.1": fetch.Safari,
	} {
		if got := browserOf(agent); got != want {
			t.Errorf("%q: %s, want %s", agent, got, want)
		}
	}
}
