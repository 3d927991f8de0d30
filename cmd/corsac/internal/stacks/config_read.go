package stacks

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
	"github.com/corsac-dev/corsac/origin"
)

// confFile is a document of a file of settings while it is read.
type confFile struct {
	*conftree.Document

	file   *source.File
	common *commonRules
	sites  []*Site
	// left is how many more values of the file are read.
	left int
}

// maxKept is how many values of a file are read: far more than anybody writes, but
// an alias repeats a list for one byte.
const maxKept = 50_000

// maxSites is how many places of a file are read.
const maxSites = 500

// confFiles are the names of files that may have settings of servers.
var confFiles = []string{"*.yaml", "*.yml", "*.json"}

// readConf returns what visit finds in the files of a tree that match one of the
// patterns and contain one of the markers, ignoring case.
func readConf(t *source.Tree, patterns, markers []string, common *commonRules, visit func(*confFile, *conftree.At)) (sites []*Site) {
	for _, file := range t.Files(patterns...) {
		marked := func(text string) bool {
			lower := strings.ToLower(text)
			return slices.ContainsFunc(markers, func(m string) bool { return strings.Contains(lower, strings.ToLower(m)) })
		}
		if !marked(file.Text) {
			continue
		}
		left, before := maxKept, len(sites)
		for _, doc := range conftree.Read(file.Name, file.Text, marked) {
			f := &confFile{Document: doc, file: file, common: common, left: left}
			if doc.Problem != "" {
				f.broken(doc.Offset, strings.TrimSuffix(doc.Problem, "."))
			} else {
				doc.Walk(func(at *conftree.At) {
					if f.left > 0 && len(sites)-before+len(f.sites) < maxSites {
						visit(f, at)
					}
				})
			}
			if f.left <= 0 {
				f.broken(len(file.Text), fmt.Sprintf("it has more than %d values", maxKept))
			}
			if len(sites)-before+len(f.sites) >= maxSites {
				f.broken(len(file.Text), fmt.Sprintf("it has more than %d places with CORS settings", maxSites))
			}
			left = f.left
			sites = append(sites, f.sites...)
		}
	}
	return sites
}

// broken adds a site for a part of the file that is not read.
func (f *confFile) broken(offset int, problem string) {
	start := min(offset, len(f.file.Text))
	at := source.Span{Start: start, End: min(start+1, len(f.file.Text))}
	remark := Remark{Lost, "", "This part of the file was not read: " + problem + ".", f.file, at}
	f.sites = append(f.sites, &Site{Title: "the file", File: f.file, Span: at, Draft: Draft{Remarks: []Remark{remark}}})
}

// confSite is a site of a file of settings while it is read.
type confSite struct {
	*Site
	*commonRules

	conf        *confFile
	done        map[string]bool // what is there
	credentials bool
	everyone    bool // every origin is allowed
	// dollar is how the file writes a $; "" means that it is one.
	dollar string
}

// site adds a site, which a node is. Its draft must be finished.
func (f *confFile) site(title string, n *conftree.Node) *confSite {
	s := &confSite{Site: &Site{Title: title, File: f.file, Span: n.Span}, commonRules: f.common, conf: f, done: map[string]bool{}}
	f.sites = append(f.sites, s.Site)
	return s
}

// once reports whether something is new, and there is room for it.
func (s *confSite) once(what string) bool {
	if s.done[what] || s.conf.left <= 0 {
		return false
	}
	s.done[what] = true
	s.conf.left--
	return true
}

// remark adds a remark, unless it is there.
func (s *confSite) remark(kind RemarkKind, field, text string, at source.Span) {
	s.addRemark(Remark{kind, field, text, s.File, at})
}

// addRemark is remark for one that may be about another file.
func (s *confSite) addRemark(r Remark) {
	if s.once("remark " + strconv.Itoa(r.Start) + r.Text) {
		s.Draft.Remarks = append(s.Draft.Remarks, r)
	}
}

// fault adds a fault, unless it is there.
func (s *confSite) fault(r *Rule, at source.Span, evidence string, edits ...source.Edit) {
	if s.once("fault " + strconv.Itoa(at.Start) + r.ID) {
		s.Faults = append(s.Faults, Fault{Rule: r, File: s.File, Span: at, Evidence: evidence, Edits: edits})
	}
}

// entry adds an entry, unless it is there, or no policy can have it.
func (s *confSite) entry(field, value string, at source.Span) { s.add(field, value, at, false) }

// byDefault adds an entry that nobody wrote.
func (s *confSite) byDefault(field string, values ...string) {
	for _, v := range values {
		s.add(field, v, source.Span{Start: s.Start, End: s.Start}, true)
	}
}

func (s *confSite) add(field, value string, at source.Span, byDefault bool) {
	if !s.once(field + " " + value) {
		return
	}
	if err := validEntry(field, value); err != nil {
		kind, text := leftOut(value, err)
		s.remark(kind, field, text, at)
		return
	}
	s.Draft.Entries = append(s.Draft.Entries, Entry{Field: field, Value: value, Default: byDefault, File: s.File, Span: at})
}

// part is a value in a file: a text, or one of several in it.
type part struct {
	text string
	at   source.Span
	node *conftree.Node
	// literal says that the text stands in the file as it is.
	literal bool
	// file is where it stands, if that is not the file of the site.
	file *source.File
}

// partsOf returns the values of a field: a list, or a text with commas. What is
// known only later is remarked on.
func (s *confSite) partsOf(field string, n *conftree.Node, separator string) (parts []part) {
	for _, item := range n.Each() {
		if s.conf.left--; s.conf.left <= 0 {
			break
		}
		if why := comesFrom(item); why != "" {
			s.remark(Dynamic, field, "It comes from "+why+", which is known only later.", item.Span)
			continue
		}
		if !item.Is(conftree.Text) {
			s.remark(Lost, field, "It is not a text.", item.Span)
			continue
		}
		more := split(item, separator)
		s.conf.left -= len(more)
		parts = append(parts, more...)
	}
	return parts
}

// split returns the parts of a text between separators; "" separates nothing.
func split(n *conftree.Node, separator string) (parts []part) {
	_, literal := n.Literal()
	rest, at := n.Value, 0
	for more := true; more; {
		text := rest
		if separator == "" {
			more = false
		} else {
			text, rest, more = strings.Cut(rest, separator)
		}
		trimmed := strings.TrimSpace(text)
		if trimmed != "" {
			start := at + strings.Index(text, trimmed)
			parts = append(parts, part{text: trimmed, at: n.Part(start, start+len(trimmed)), node: n, literal: literal})
		}
		at += len(text) + len(separator)
	}
	return parts
}

// comesFrom says what a value comes from that is not in the file; "" if it is.
func comesFrom(n *conftree.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Template:
		return "a template"
	case n.Kind == conftree.Code:
		return "an expression"
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return n.Tag
	case n.Kind == conftree.Map && len(n.Pairs) == 1 && (n.Pairs[0].Key == "Ref" || strings.HasPrefix(n.Pairs[0].Key, "Fn::")):
		return n.Pairs[0].Key
	case strings.Contains(n.Text(), "${"), strings.Contains(n.Text(), "$("):
		return "a variable"
	}
	return ""
}

// names adds the names of a list of methods or headers. GET, HEAD and POST need
// no permission.
func (s *confSite) names(field string, n *conftree.Node, separator string) {
	for _, p := range s.partsOf(field, n, separator) {
		s.name(field, p)
	}
}

func (s *confSite) name(field string, p part) {
	switch {
	case field == "allow_methods" && slices.Contains([]string{"GET", "HEAD", "POST"}, p.text):
	case p.text == "*" && s.credentials:
		s.fault(s.wildcardNames, p.at, "")
		s.remark(Lost, field, "With credentials, browsers take * for a name.", p.at)
	default:
		s.entry(field, p.text, p.at)
	}
}

// flag returns a truth value that a file has; a missing one is false.
func (s *confSite) flag(field string, n *conftree.Node) bool {
	if n.Is(conftree.Null) || n == nil {
		return false
	}
	if why := comesFrom(n); why != "" {
		s.remark(Dynamic, field, "It comes from "+why+", which is known only later.", n.Span)
		return false
	}
	switch strings.ToLower(n.Text()) {
	case "true":
		return true
	case "false":
		return false
	}
	s.remark(Lost, field, "It is neither true nor false.", n.Span)
	return false
}

// allowCredentials reads whether credentials are allowed. It is first.
func (s *confSite) allowCredentials(n *conftree.Node) {
	if s.credentials = s.flag("allow_credentials", n); s.credentials {
		s.entry("allow_credentials", "true", n.Span)
	}
}

// longest is how long a policy can let browsers remember a preflight.
const longest = 24 * time.Hour

// maxAge reads a number of seconds, or a duration with a unit.
func (s *confSite) maxAge(n *conftree.Node) {
	for _, p := range s.partsOf("max_age", n, "") {
		s.age(p.text, p.at)
	}
}

// age is about the text of a number of seconds, or of a duration with a unit.
func (s *confSite) age(text string, at source.Span) {
	age, err := time.ParseDuration(text)
	if seconds, bad := strconv.ParseInt(text, 10, 64); bad == nil && seconds >= 0 && seconds < 1<<32 {
		age, err = time.Duration(seconds)*time.Second, nil
	}
	switch {
	case err != nil || age < 0 || age%time.Second != 0:
		s.remark(Lost, "max_age", "It is not a number of seconds.", at)
	case age > longest:
		s.remark(Differs, "max_age", "Browsers remember a preflight for a day at most.", at)
		s.entry("max_age", longest.String(), at)
	default:
		s.entry("max_age", age.String(), at)
	}
}

// anyOrigin is about a * that stands for every origin, where the stack repeats
// the origin if there are credentials.
func (s *confSite) anyOrigin(at source.Span) {
	s.everyone = true
	if s.credentials {
		s.fault(s.reflects, at, "")
		s.remark(Lost, "allow_origins", allCredentials, at)
		return
	}
	s.entry("allow_origins", "*", at)
}

// repeated is anyOrigin where the stack repeats the origin of every request; what
// says so.
func (s *confSite) repeated(what string, at source.Span) {
	if !s.credentials {
		s.remark(Differs, "allow_origins", what+sameAsAny, at)
	}
	s.anyOrigin(at)
}

// The remarks on stacks that repeat the origin of every request, without
// credentials and with them.
const (
	sameAsAny      = "; without credentials, * means the same."
	allCredentials = "Every origin is allowed with credentials, so that any website can read the data of its visitors. No policy says that: list the origins."
)

// anyRefused is anyOrigin where the answer is * nevertheless, which browsers
// refuse with credentials.
func (s *confSite) anyRefused(at source.Span) {
	s.everyone = true
	if s.credentials {
		s.fault(s.wildcard, at, "")
		s.remark(Lost, "allow_credentials", "Browsers refuse * with credentials, so only requests without them work: credentials are left out.", at)
		s.Draft.Entries = slices.DeleteFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == "allow_credentials" })
		s.credentials = false
	}
	s.entry("allow_origins", "*", at)
}

// exact is about an origin that is compared as a whole.
func (s *confSite) exact(p part) {
	o, err := origin.Parse(p.text)
	switch {
	case p.text == "null":
		s.fault(s.null, p.at, "")
		s.entry("allow_origins", "null", p.at)
	case err == nil && o.String() == p.text:
		s.entry("allow_origins", p.text, p.at)
	case strings.Contains(p.text, "*"):
		s.fault(s.literal, p.at, "")
		s.remark(Lost, "allow_origins", p.text+" is compared as it is, and matches no page.", p.at)
	default:
		why := "browsers write it in another way"
		if err := validEntry("allow_origins", p.text); err != nil {
			why = problem(err)
		}
		s.fault(s.never, p.at, "")
		s.remark(Lost, "allow_origins", p.text+" is not an origin that a browser sends: "+why+".", p.at)
	}
}

// pattern is about an origin that may be a pattern such as https://*.example.org.
func (s *confSite) pattern(p part) {
	if wild, err := origin.ParsePattern(p.text); err == nil && wild.String() == p.text {
		s.entry("allow_origins", p.text, p.at)
		return
	}
	s.exact(p)
}

// finish completes the draft of a site.
func (s *confSite) finish() {
	if s.everyone {
		s.Draft.Entries = slices.DeleteFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == "allow_origins" && e.Value != "*" })
	}
	for _, line := range s.conf.Lines {
		if line.Start >= s.Start && line.End <= s.End {
			s.remark(Dynamic, "", "A template decides which lines are here.", line)
		}
	}
	s.flags()
	s.Draft.Sort()
	slices.SortStableFunc(s.Faults, func(a, b Fault) int { return cmp.Compare(a.Start, b.Start) })
}
