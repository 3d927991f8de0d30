package verify

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// sample is an origin to ask with, and what it is in relation to the policy.
type sample struct {
	origin, what string
	// near is that a pattern for the subdomains of the site would cover it.
	near bool
}

// allowedSamples returns origins that an entry of allow_origins is meant for: the
// origin itself, or some that a pattern covers.
func allowedSamples(entry string) []sample {
	if entry == "*" {
		return []sample{{origin: "https://any.example", what: "any origin"}}
	}
	p, err := origin.ParsePattern(entry)
	if err != nil {
		return nil
	}
	if p.AnyHost() {
		return []sample{{origin: strings.TrimSuffix(entry, "*") + "abcdefghijklmnopabcdefghijklmnop", what: "covered by " + entry}}
	}
	base := p.Origin()
	hosts, ports := []string{base.Host()}, []string{portOf(base)}
	if p.Subdomains() {
		hosts = []string{"a." + base.Host(), "a.b." + base.Host()}
	}
	if p.AnyPort() {
		ports = []string{"", ":8081"}
	}
	var list []sample
	for _, host := range hosts {
		for _, port := range ports {
			list = append(list, sample{origin: base.Scheme() + "://" + host + port, what: "covered by " + entry})
		}
	}
	return list
}

func portOf(o origin.Origin) string {
	if p := o.Port(); p != 0 && !isDefault(o.Scheme(), p) {
		return fmt.Sprintf(":%d", p)
	}
	return ""
}

func isDefault(scheme string, port uint16) bool {
	return scheme == "https" && port == 443 || scheme == "http" && port == 80
}

// nearMisses returns origins that resemble an entry of allow_origins, as naive
// comparisons let them pass. Some may be allowed by another entry; the policy's
// middleware decides. word is a name that nobody has registered.
func nearMisses(entry, word string) []sample {
	p, err := origin.ParsePattern(entry)
	if err != nil || p.AnyHost() {
		return nil
	}
	base := p.Origin()
	scheme, host, port := base.Scheme(), base.Host(), portOf(base)
	at := func(scheme, host, port string) string { return scheme + "://" + host + port }
	other := map[string]string{"https": "http", "http": "https"}[scheme]
	list := []sample{{origin: at(scheme, host, ":8444"), what: "the same host on another port"}}
	if other != "" {
		list = append(list, sample{origin: at(other, host, port), what: "the same host over " + other})
	}
	if strings.HasPrefix(host, "[") || isAddress(host) {
		return list
	}
	list = append(list,
		sample{origin: at(scheme, host+"."+word+".example", port), what: "a host that begins with " + host},
		sample{origin: at(scheme, word+host, port), what: "a host that ends with " + host},
		sample{origin: at(scheme, word+"."+host, port), what: "a subdomain of " + host},
	)
	if site, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil && site != host {
		list = append(list, sample{origin: at(scheme, word+site, port), what: "a host that ends with " + site})
	}
	const regexp = "a host that %s matches as a regular expression"
	for i := range len(host) - 1 {
		if host[i] == '.' {
			list = append(list, sample{origin: at(scheme, host[:i]+"x"+host[i+1:], port), what: fmt.Sprintf(regexp, host)})
		}
	}
	if i := strings.LastIndexByte(strings.TrimRight(host, "."), '.'); i > 0 {
		list = append(list, sample{origin: at(scheme, host[:i]+"x"+host[i+1:]+".example", port), what: fmt.Sprintf(regexp, host)})
	}
	if p.Subdomains() {
		list = append(list, sample{origin: at(scheme, host, port), what: "the domain itself, without a subdomain"})
	}
	for i := range list {
		o, err := origin.Parse(list[i].origin)
		site, _ := publicsuffix.EffectiveTLDPlusOne(host)
		list[i].near = err == nil && site != "" && o.Scheme() == scheme && portOf(o) == port && strings.HasSuffix(o.Host(), "."+site)
	}
	return list
}

func isAddress(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// foreign returns origins that no entry resembles.
func foreign(word string) []sample {
	return []sample{
		{origin: "https://" + word + ".example", what: "an unrelated origin"},
		{origin: "http://" + word + ".example", what: "an unrelated origin over http"},
		{origin: "null", what: "the origin of sandboxed frames and files"},
	}
}

// samples returns the origins to ask with: those that the policy allows, of which
// the first is used for everything else, and those that it refuses.
func samples(p *cors.Policy, allows func(string) bool, word string) (allowed, refused []sample) {
	seen := map[string]bool{}
	add := func(list []sample) {
		for _, s := range list {
			if seen[s.origin] || s.origin != "null" && !isOrigin(s.origin) {
				continue
			}
			seen[s.origin] = true
			if allows(s.origin) {
				allowed = append(allowed, s)
			} else {
				refused = append(refused, s)
			}
		}
	}
	for _, entry := range p.AllowOrigins {
		add(allowedSamples(entry))
	}
	allowed = slices.Clip(allowed)
	for _, entry := range p.AllowOrigins {
		add(nearMisses(entry, word))
	}
	add(foreign(word))
	return allowed, refused
}

func isOrigin(s string) bool {
	_, err := origin.Parse(s)
	return err == nil
}
