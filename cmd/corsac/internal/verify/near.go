package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// sample is an origin to ask with, and what it is in relation to the policy.
type sample struct {
	origin, what string
}

// allowedSamples returns origins that an entry of allow_origins is meant for: the
// origin itself, or some that a pattern covers.
func allowedSamples(entry string) []sample {
	if entry == "*" {
		return []sample{{"https://any.example", "any origin"}}
	}
	p, err := origin.ParsePattern(entry)
	if err != nil {
		return nil
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
			list = append(list, sample{base.Scheme() + "://" + host + port, "covered by " + entry})
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
	if err != nil {
		return nil
	}
	base := p.Origin()
	scheme, host, port := base.Scheme(), base.Host(), portOf(base)
	at := func(scheme, host, port string) string { return scheme + "://" + host + port }
	other := map[string]string{"https": "http", "http": "https"}[scheme]
	list := []sample{{at(scheme, host, ":8444"), "the same host on another port"}}
	if other != "" {
		list = append(list, sample{at(other, host, port), "the same host over " + other})
	}
	if strings.HasPrefix(host, "[") || isAddress(host) {
		return list
	}
	list = append(list,
		sample{at(scheme, host+"."+word+".example", port), "a host that begins with " + host},
		sample{at(scheme, word+host, port), "a host that ends with " + host},
		sample{at(scheme, word+"."+host, port), "a subdomain of " + host},
	)
	if i := strings.LastIndexByte(strings.TrimRight(host, "."), '.'); i > 0 {
		list = append(list, sample{at(scheme, host[:i]+"x"+host[i+1:]+".example", port), "a host that " + host + " matches as a regular expression"})
		list = append(list, sample{at(scheme, strings.Replace(host, ".", "x", 1), port), "a host that " + host + " matches as a regular expression"})
	}
	if p.Subdomains() {
		list = append(list, sample{at(scheme, host, port), "the domain itself, without a subdomain"})
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
		{"https://" + word + ".example", "an unrelated origin"},
		{"http://" + word + ".example", "an unrelated origin over http"},
		{"null", "the origin of sandboxed frames and files"},
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
