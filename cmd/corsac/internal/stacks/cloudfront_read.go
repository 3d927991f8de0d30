package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

var cloudfrontSource = &Source{
	Files: awsFiles,
	Rules: []*Rule{
		cloudfrontCommon.wildcard, cloudfrontCommon.wildcardNames, cloudfrontCommon.null, cloudfrontCommon.never, cloudfrontCommon.literal,
		cloudfrontDoubled, cloudfrontAuthorization,
	},
	Read: func(t *source.Tree) []*Site {
		return readConf(t, awsFiles, []string{"AccessControlAllowOrigins", "access_control_allow_origins"}, cloudfrontCommon, func(f *confFile, at *conftree.At) {
			if at.Is(conftree.Map) && key(at.Node, "accesscontrolalloworigins") != nil {
				f.cloudfront(at)
			}
		})
	},
}

var cloudfrontRule = ruleMaker("cloudfront").rule

var (
	cloudfrontCommon  = commonRulesOf("cloudfront", "CloudFront")
	cloudfrontDoubled = cloudfrontRule("origin-not-overridden", finding.Warning, "acao-other-origin",
		"The headers of the origin server win",
		"With OriginOverride false, CloudFront adds its headers only where the server sends none, so that either decides at times.",
		"Set OriginOverride to true, or let only the server send CORS headers.")
	cloudfrontAuthorization = cloudfrontRule("authorization-not-covered", finding.Warning, "authorization-not-covered-by-wildcard",
		"* does not stand for Authorization",
		"Browsers want that header by name.",
		"List the headers, with Authorization, if pages send it.")
)

// cloudfrontItems returns a list, which has the key Items in JSON.
func cloudfrontItems(n *conftree.Node, name string) *conftree.Node {
	list := key(n, name)
	if list.Is(conftree.Map) && comesFrom(list) == "" {
		return key(list, "items")
	}
	return list
}

// cloudfront reads the CORS part of a response headers policy.
func (f *confFile) cloudfront(at *conftree.At) {
	name := at.Parent().Get("Name").Text()
	s := f.site(strings.TrimSpace("response headers policy "+name), at.Node)
	s.allowCredentials(key(at.Node, "accesscontrolallowcredentials"))
	for _, p := range s.partsOf("allow_origins", cloudfrontItems(at.Node, "accesscontrolalloworigins"), "") {
		switch host, bare := strings.CutPrefix(p.text, "*."); {
		case p.text == "*":
			s.anyRefused(p.at)
		case bare:
			s.remark(Differs, "allow_origins", "It allows every scheme; only https is carried over.", p.at)
			s.pattern(part{text: "https://*." + host, at: p.at, node: p.node})
		default:
			s.pattern(p)
		}
	}
	for _, p := range s.partsOf("allow_methods", cloudfrontItems(at.Node, "accesscontrolallowmethods"), "") {
		if p.text == "ALL" {
			p.text = "*"
		}
		if p.text == "*" && s.credentials {
			s.remark(Wider, "allow_methods", "ALL are seven methods; a policy allows every one.", p.at)
			s.entry("allow_methods", "*", p.at)
			continue
		}
		s.name("allow_methods", p)
	}
	headers := cloudfrontItems(at.Node, "accesscontrolallowheaders")
	if list := headers.Each(); len(list) != 1 || !strings.EqualFold(list[0].Text(), "Accept") { // which stands for none
		s.names("allow_headers", headers, "")
		if len(list) == 1 && list[0].Text() == "*" && !s.credentials {
			s.fault(cloudfrontAuthorization, list[0].Span, "")
		}
	}
	s.names("expose_headers", cloudfrontItems(at.Node, "accesscontrolexposeheaders"), "")
	s.maxAge(key(at.Node, "accesscontrolmaxagesec"))
	if override := key(at.Node, "originoverride"); override.Text() == "false" {
		s.fault(cloudfrontDoubled, override.Span, "")
	}
	s.finish()
}
