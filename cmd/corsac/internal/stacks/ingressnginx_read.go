package stacks

import (
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
	"github.com/corsac-dev/corsac/origin"
)

var ingressSource = &Source{
	Files: confFiles,
	Rules: []*Rule{
		ingressCommon.reflects, ingressEmpty, ingressCommon.wildcard, ingressCommon.wildcardNames, ingressOff, ingressSkipped, ingressSnippetRule, ingressOneLabel, ingressCommon.vary,
		ingressMethods, ingressHeaders, ingressCredentials, ingressMaxAge, ingressStart, ingressRetired,
	},
	Read: readIngress,
}

var ingressCommon = commonRulesOf("ingress-nginx", "ingress-nginx")

var ingressRule = ruleMaker("ingress-nginx").rule

var (
	ingressOff = ingressRule("not-enabled", finding.Error, "no-cors-headers",
		"The CORS annotations have no effect",
		"The controller reads them only with enable-cors.",
		`Add nginx.ingress.kubernetes.io/enable-cors: "true".`)
	ingressSkipped = ingressRule("origin-skipped", finding.Error, "origin-not-allowed",
		"The controller leaves out this origin",
		"It takes origins with a scheme, without a path, and with a * for the first label only; of others it writes a line to its log.",
		"Write the origin as the browser sends it, such as https://app.example.com.")
	ingressSnippetRule = ingressRule("header-in-snippet", finding.Warning, "duplicate-acao",
		"A snippet sets CORS headers, too",
		"The headers of a snippet with add_header stand beside those of the application, and of enable-cors: browsers refuse two.",
		"Use the annotations, and delete the lines of the snippet.")
	ingressOneLabel = ingressRule("one-label", finding.Warning, "origin-not-allowed",
		"The * matches one label only",
		"https://*.example.com allows https://a.example.com, but not https://a.b.example.com.",
		"List the deeper names, or move to the Gateway API, whose * matches any number of labels.")
	ingressMethods = ingressRule("default-methods", finding.Warning, "",
		"Methods are allowed that nobody asked for",
		"Without cors-allow-methods, it allows GET, PUT, POST, DELETE, PATCH and OPTIONS.",
		"List the methods in cors-allow-methods.")
	ingressHeaders = ingressRule("default-headers", finding.Warning, "",
		"Request headers are allowed that nobody asked for",
		"Without cors-allow-headers, it allows a list of its own, with Authorization.",
		"List the headers in cors-allow-headers.")
	ingressCredentials = ingressRule("default-credentials", finding.Warning, "",
		"Credentials are allowed, and nobody asked for it",
		"cors-allow-credentials is true unless it is set.",
		`Set nginx.ingress.kubernetes.io/cors-allow-credentials: "false" if pages need no cookies.`)
	ingressMaxAge = ingressRule("default-max-age", finding.Note, "",
		"Browsers keep preflights for as long as they can",
		"Without cors-max-age it sends 20 days. Browsers cut that to two hours or a day, and do not ask again after a change in that time.",
		"Set cors-max-age, such as 3600.")
	ingressStart = ingressRule("no-anchor", finding.Note, "",
		"Origins are compared from their end",
		"The controller's expression has no ^ and ignores case, so that forged origins such as evilhttps://app.example.com match. Browsers send none of those.",
		"Move to the Gateway API, or let the application handle CORS.")
	ingressEmpty = ingressRule("empty-origin", finding.Error, "",
		"The list of origins has a comma too many",
		"The controller makes an expression with an empty alternative of it, which matches every origin.",
		"Delete the comma.")
	ingressRetired = ingressRule("retired", finding.Note, "",
		"ingress-nginx is retired",
		"There are no more releases, so what is wrong with its CORS headers stays so.",
		"Move to the Gateway API: corsac import --to gateway-api.")
)

const ingressKey = "nginx.ingress.kubernetes.io/"

// readIngress returns the annotations of Ingresses.
func readIngress(t *source.Tree) []*Site {
	table := sync.OnceValue(func() *partTable { return ingressTable(manifests(t)) })
	return readConf(t, confFiles, []string{ingressKey}, ingressCommon, func(f *confFile, at *conftree.At) {
		if at.Key != "annotations" || !at.Is(conftree.Map) {
			return
		}
		snippet := ingressSnippetNode(at.Node)
		ours := slices.ContainsFunc(at.Pairs, func(p conftree.Pair) bool {
			return strings.HasPrefix(p.Key, ingressKey+"cors-") || p.Key == ingressKey+"enable-cors"
		})
		if !ours && snippet == nil {
			return
		}
		title := strings.TrimSpace("Ingress " + at.Parent().Get("name").Text())
		s := &ingressSite{f.site(title, at.Node), at.Node}
		s.setParts(table(), func(p *served) bool { return p.is(f.file.Name, at.Start) })
		if len(s.Parts) == 1 {
			s.Path = s.Parts[0].Path
		}
		if snippet != nil {
			s.fault(ingressSnippetRule, snippet.Span, "")
			s.remark(Lost, "", "A snippet sets CORS headers in nginx's own words; import it as a file of nginx.", snippet.Span)
		}
		if ours {
			s.read()
		}
		s.finish()
	})
}

// ingressSnippetNode returns a snippet that sets CORS headers.
func ingressSnippetNode(annotations *conftree.Node) *conftree.Node {
	for _, name := range []string{"configuration-snippet", "server-snippet"} {
		if n := annotations.Get(ingressKey + name); strings.Contains(strings.ToLower(n.Text()), "access-control-allow-origin") {
			return n
		}
	}
	return nil
}

// ingressSite is an Ingress while it is read.
type ingressSite struct {
	*confSite

	annotations *conftree.Node
}

func (s *ingressSite) get(name string) *conftree.Node { return s.annotations.Get(ingressKey + name) }

func (s *ingressSite) read() {
	enabled := s.get("enable-cors")
	if why := comesFrom(enabled); why != "" {
		s.remark(Dynamic, "", "Whether it is on comes from "+why+".", enabled.Span)
	} else if enabled.Text() != "true" {
		at := s.Span
		if enabled != nil {
			at = enabled.Span
		}
		s.fault(ingressOff, at, "")
		s.remark(Lost, "", "enable-cors is not true, so nothing is allowed.", at)
		return
	}
	s.fault(ingressRetired, s.Span, "")
	s.readCredentials()
	s.origins()
	s.listOr("allow_methods", "cors-allow-methods", ingressMethods, "PUT", "DELETE", "PATCH", "OPTIONS")
	s.listOr("allow_headers", "cors-allow-headers", ingressHeaders, "User-Agent", "X-Requested-With", "If-Modified-Since", "Cache-Control", "Content-Type", "Range", "Authorization")
	s.names("expose_headers", s.get("cors-expose-headers"), ",")
	if age := s.get("cors-max-age"); age != nil {
		s.maxAge(age)
	} else {
		s.fault(ingressMaxAge, s.Span, "")
		s.byDefault("max_age", longest.String())
	}
	if !s.everyone {
		s.fault(s.vary, s.Span, "")
		s.fault(ingressStart, s.Span, "")
	}
}

// readCredentials reads whether credentials are allowed, which is the default.
func (s *ingressSite) readCredentials() {
	n := s.get("cors-allow-credentials")
	if n != nil {
		s.allowCredentials(n)
		return
	}
	s.credentials = true
	s.byDefault("allow_credentials", "true")
	if origins := s.get("cors-allow-origin"); origins != nil && !strings.Contains(origins.Text(), "*") {
		s.fault(ingressCredentials, s.Span, "")
	}
}

// listOr reads a list, or adds what is allowed without it, besides what browsers
// do not ask about. A list of only Accept is that of corsac generate for none.
func (s *ingressSite) listOr(field, name string, rule *Rule, values ...string) {
	n := s.get(name)
	switch {
	case n == nil:
		s.fault(rule, s.Span, "")
		s.byDefault(field, values...)
	case n.Text() == "Accept" && field == "allow_headers":
	default:
		s.names(field, n, ",")
	}
}

func (s *ingressSite) origins() {
	n := s.get("cors-allow-origin")
	if n == nil {
		s.anyRefused(s.Span)
		return
	}
	parts := s.partsOf("allow_origins", n, ",")
	if i := slices.IndexFunc(parts, func(p part) bool { return p.text == "*" }); i >= 0 {
		s.anyRefused(parts[i].at)
		return
	}
	for _, item := range strings.Split(n.Text(), ",") {
		if strings.TrimSpace(item) == "" && comesFrom(n) == "" {
			s.fault(ingressEmpty, n.Span, "", withoutComma(n)...)
			s.anyOrigin(n.Span)
			return
		}
	}
	for _, p := range parts {
		p.text = strings.ToLower(p.text) // ~* ignores case
		wild, err := origin.ParsePattern(p.text)
		switch {
		case err != nil || wild.AnyPort() || wild.String() != p.text:
			s.fault(ingressSkipped, p.at, "")
			s.remark(Lost, "allow_origins", p.text+" matches no page.", p.at)
		case wild.Subdomains():
			s.fault(ingressOneLabel, p.at, "")
			s.remark(Wider, "allow_origins", "Here, the * matches one label only; in a policy, it matches any number of them.", p.at)
			s.entry("allow_origins", p.text, p.at)
		default:
			s.entry("allow_origins", p.text, p.at)
		}
	}
}

// withoutComma returns the edit that removes a comma at the end of a list.
func withoutComma(n *conftree.Node) []source.Edit {
	at, ok := n.Literal()
	list := strings.TrimRight(n.Text(), ", ")
	if !ok || list == n.Text() || strings.Contains(strings.ReplaceAll(list, " ", ""), ",,") {
		return nil
	}
	return []source.Edit{{Span: source.Span{Start: at.Start + len(list), End: at.End}}}
}
