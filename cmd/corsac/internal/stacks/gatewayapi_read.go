package stacks

import (
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var gatewaySource = &Source{
	Files: confFiles,
	Rules: []*Rule{
		gatewayCommon.reflects, gatewayCommon.wildcardNames, gatewayCommon.null, gatewayCommon.never, gatewayCommon.literal, gatewayMaxAge, gatewayVary,
	},
	Read: readGateway,
}

var gatewayCommon = commonRulesOf("gateway-api", "The Gateway API")

var gatewayRule = ruleMaker("gateway-api").rule

var (
	gatewayMaxAge = gatewayRule("max-age-too-small", finding.Error, "max-age-ignored",
		"maxAge must be at least 1",
		"The API server refuses the route.",
		"Write 1 or more, or leave it out: it is then 5.")
	gatewayVary = gatewayRule("no-vary", finding.Warning, gatewayCommon.vary.Cause,
		"Nothing makes sure that answers have Vary: Origin",
		"The standard does not say that the CORS filter adds it. Without it, a cache can give one page the answer for another.",
		"Add a ResponseHeaderModifier with Vary: Origin to the rule.")
)

// readGateway returns the CORS filters of HTTPRoutes.
func readGateway(t *source.Tree) []*Site {
	table := sync.OnceValue(func() *partTable { return gatewayTable(manifests(t)) })
	return readConf(t, confFiles, []string{"allowOrigins"}, gatewayCommon, func(f *confFile, at *conftree.At) {
		if at.Key != "cors" || !at.Is(conftree.Map) || at.Parent().Get("type").Text() != "CORS" {
			return
		}
		rule := at.Parent().Parent().Parent() // filter, list of filters, rule
		s := f.site("CORS filter", at.Node)
		if matches := rule.Get("matches").Each(); len(matches) == 1 {
			if path := matches[0].Get("path", "value").Text(); path != "/" && matches[0].Get("path", "type").Text() != "RegularExpression" {
				s.Path = path
			}
		}
		if s.Path != "" {
			s.Title += " " + s.Path
		}
		s.setParts(table(), func(p *served) bool { return p.is(f.file.Name, rule.Start) })
		s.readGateway(at.Node)
		if !s.everyone && !slices.ContainsFunc(rule.Get("filters").Each(), gatewaySendsVary) {
			s.fault(gatewayVary, at.Span, "")
		}
		s.finish()
	})
}

// gatewaySendsVary reports whether a filter adds Vary: Origin.
func gatewaySendsVary(filter *conftree.Node) bool {
	modifier := filter.Get("responseHeaderModifier")
	for _, h := range slices.Concat(modifier.Get("add").Each(), modifier.Get("set").Each()) {
		if strings.EqualFold(h.Get("name").Text(), "vary") && strings.Contains(strings.ToLower(h.Get("value").Text()), "origin") {
			return true
		}
	}
	return false
}

// readGateway reads a filter. Without maxAge, it is 5 seconds, as for browsers
// without the header.
func (s *confSite) readGateway(n *conftree.Node) {
	s.allowCredentials(n.Get("allowCredentials"))
	for _, p := range s.partsOf("allow_origins", n.Get("allowOrigins"), "") {
		if p.text == "*" {
			s.anyOrigin(p.at)
			continue
		}
		s.pattern(p)
	}
	s.names("allow_methods", n.Get("allowMethods"), "")
	s.names("allow_headers", n.Get("allowHeaders"), "")
	s.names("expose_headers", n.Get("exposeHeaders"), "")
	if age := n.Get("maxAge"); age.Text() == "0" {
		s.fault(gatewayMaxAge, age.Span, "")
	} else {
		s.maxAge(age)
	}
}
