package stacks

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
	"github.com/corsac-dev/corsac/origin"
)

// bucketFiles are the names of files that may have rules of buckets.
var bucketFiles = []string{"*.json", "*.xml", "*.tf", "*.yaml", "*.yml"}

// bucketKeys are the names of the settings of a rule, in lower case and without
// underscores, as the formats of a stack have them.
type bucketKeys struct{ origins, methods, headers, expose, maxAge []string }

// key returns what a map has under one of some names, ignoring case and
// underscores. What is there more than once, as in XML, is a list.
func key(rule *conftree.Node, names ...string) *conftree.Node {
	list := &conftree.Node{Kind: conftree.List}
	for _, p := range rule.Fields() {
		plain := strings.ToLower(strings.ReplaceAll(p.Key, "_", ""))
		if !slices.Contains(names, plain) {
			continue
		}
		list.Items = append(list.Items, p.Value.Each()...)
		if comesFrom(p.Value) != "" || len(list.Items) == 0 {
			list.Span = p.Value.Span
		}
	}
	switch len(list.Items) {
	case 0:
		return nil
	case 1:
		return list.Items[0]
	}
	list.Span = source.Span{Start: list.Items[0].Start, End: list.Items[len(list.Items)-1].End}
	return list
}

// bucketRules are mistakes in rules of buckets.
type bucketRules struct {
	method, header, rules *Rule
	safelisted            *Rule
}

// bucketRulesOf returns them for the stack of a name and title.
func bucketRulesOf(name, title, methods string) *bucketRules {
	rule := ruleMaker(name).rule
	return &bucketRules{
		method: rule("unknown-method", finding.Error, "method-not-allowed",
			title+" does not know this method",
			"It refuses the rules, or never matches them. It knows "+methods+".",
			"Remove the method."),
		header: rule("no-headers", finding.Warning, "header-not-allowed",
			"The rule allows no request headers",
			"A preflight that asks for one is refused, such as for Content-Type of an upload or Authorization.",
			"List the headers that your pages send."),
		rules: rule("too-many-rules", finding.Error, "",
			"There are more rules than "+title+" takes",
			"It refuses all of them.",
			"Join rules that allow the same."),
		safelisted: rule("no-get", finding.Note, "method-not-allowed",
			"The rule does not allow GET",
			"Pages cannot read what is there with this rule, only change it.",
			"Add GET if pages are to read."),
	}
}

// bucketSite is a rule of a bucket while it is read.
type bucketSite struct {
	*confSite
	*bucketRules

	known []string // methods
}

// methods reads the list of methods, which is about every request, not only about
// those that need a preflight.
func (s *bucketSite) methods(n *conftree.Node, separator string) {
	var listed []string
	sure := true
	for _, item := range n.Each() {
		sure = sure && comesFrom(item) == ""
	}
	for _, p := range s.partsOf("allow_methods", n, separator) {
		listed = append(listed, p.text)
		if !slices.Contains(s.known, p.text) {
			s.fault(s.method, p.at, "")
			s.remark(Lost, "allow_methods", p.text+" is not a method that it knows.", p.at)
			continue
		}
		s.name("allow_methods", p)
	}
	if !sure || slices.Contains(listed, "*") {
		return
	}
	missing := slices.DeleteFunc([]string{"GET", "HEAD", "POST"}, func(name string) bool { return slices.Contains(listed, name) })
	if len(missing) > 0 {
		s.remark(Wider, "allow_methods", "The rule lacks "+strings.Join(missing, ", ")+", which every policy allows.", s.Span)
	}
	if !slices.Contains(listed, "GET") {
		s.fault(s.safelisted, s.Span, "")
	}
}

// headers reads the list of request headers. A name that ends with * stands for
// several, which no policy has.
func (s *bucketSite) headers(field string, n *conftree.Node, separator string) {
	for _, p := range s.partsOf(field, n, separator) {
		switch {
		case p.text != "*" && strings.Contains(p.text, "*"):
			s.remark(Lost, field, "A policy does not allow headers by a part of their names: "+p.text+".", p.at)
		case p.text == "*" && field == "allow_headers":
			if !slices.ContainsFunc(n.Each(), func(o *conftree.Node) bool { return strings.Contains(strings.ToLower(o.Text()), "authorization") }) {
				s.remark(Differs, field, "Here, * also stands for Authorization; add that if your pages send it.", p.at)
			}
			s.entry(field, "*", p.at)
		default:
			s.entry(field, p.text, p.at)
		}
	}
	if field == "allow_headers" && len(n.Each()) == 0 {
		s.fault(s.header, s.Span, "")
	}
}

// bucketNumber names a rule of several.
func bucketNumber(at *conftree.At) string {
	items := at.Parent().Items
	if items == nil {
		items = at.Parent().All(at.Key)
	}
	for i, item := range items {
		if item == at.Node && len(items) > 1 {
			return "CORS rule " + strconv.Itoa(i+1)
		}
	}
	return "CORS rule"
}

// later says that a rule is not the first one.
func (s *bucketSite) later(title string) {
	if s.Title != "CORS rule" && s.Title != "CORS rule 1" {
		s.remark(Differs, "", title+" uses the first rule that matches a request, so that this one is for what those before it do not allow.", s.Span)
	}
}

// starOrigin is about an origin that may have one * for any text, as S3 has it.
// with are all origins of the rule.
func (s *bucketSite) starOrigin(p part, wide *Rule, with []string) {
	if strings.Count(p.text, "*") != 1 {
		s.exact(p)
		return
	}
	if host, ok := strings.CutPrefix(p.text, "*."); ok {
		s.remark(Differs, "allow_origins", "It allows every scheme; only https is carried over.", p.at)
		p.text = "https://*." + host
	}
	if bare, ok := strings.CutSuffix(p.text, ":*"); ok && !slices.Contains(with, bare) {
		s.remark(Wider, "allow_origins", "Here, :* does not stand for no port at all; in a policy, it also does.", p.at)
	}
	if wild, err := origin.ParsePattern(p.text); err == nil && wild.String() == p.text {
		s.entry("allow_origins", p.text, p.at)
		return
	}
	if before, after, _ := strings.Cut(p.text, "*"); strings.HasPrefix(after, ".") && strings.Contains(before, "://") {
		s.entry("dangerously_allow_origin_regexps", starExpression(p.text), p.at)
		return
	}
	s.fault(wide, p.at, "")
	s.remark(Lost, "allow_origins", p.text+" also allows origins of others.", p.at)
}

// starExpression returns the regular expression of an origin with a *, which does
// not go beyond the host.
func starExpression(s string) string {
	before, after, _ := strings.Cut(s, "*")
	return regexp.QuoteMeta(before) + "[a-z0-9.-]*" + regexp.QuoteMeta(after)
}

// covered removes the origins that a pattern for any port has as well: S3 wants
// both.
func (s *bucketSite) covered() {
	s.Draft.Entries = slices.DeleteFunc(s.Draft.Entries, func(e Entry) bool {
		return e.Field == "allow_origins" && slices.ContainsFunc(s.Draft.Entries, func(other Entry) bool {
			return other.Field == e.Field && other.Value == e.Value+":*"
		})
	})
}
