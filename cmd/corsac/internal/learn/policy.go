package learn

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
	"github.com/corsac-dev/corsac/policyfile"
)

// Learned is a policy for one server, and what it rests on.
type Learned struct {
	// Server is the origin of the server, and Name that of the policy.
	Server string `json:"server"`
	Name   string `json:"name"`
	// Policy allows what was observed. It has no origins if all of them are for
	// review, and is then not valid.
	Policy cors.Policy `json:"policy"`
	// Requests is how many requests were observed at least.
	Requests int `json:"requests"`
	// Entries say what each entry of the policy rests on, in the order of the
	// policy.
	Entries []Entry `json:"entries"`
	// Review are origins that look wrong and are not allowed.
	Review []Review `json:"review"`
}

// Entry is what an entry of a policy rests on.
type Entry struct {
	// Field and Value are those of the policy.
	Field string `json:"field"`
	Value string `json:"value"`
	// Requests and Preflights are how many were observed.
	Requests   int `json:"requests"`
	Preflights int `json:"preflights"`
	// Why says it in words.
	Why string `json:"why"`
}

// Review is an origin that looks wrong.
type Review struct {
	Origin   string `json:"origin"`
	Requests int    `json:"requests"`
	Why      string `json:"why"`
}

// Dropped returns how many requests were not counted, or not as a whole, because
// there were too many servers, origins or names.
func (l *Learner) Dropped() int { return l.dropped }

// Results returns a policy for each server, the busiest server first.
func (l *Learner) Results() []Learned {
	var list []Learned
	for name, s := range l.servers {
		list = append(list, s.learned(name, l.Trusted))
	}
	slices.SortFunc(list, func(a, b Learned) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Server, b.Server))
	})
	used := map[string]int{}
	for i := range list {
		name := policyName(list[i].Server)
		if used[name]++; used[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, used[name])
		}
		list[i].Name = name
	}
	return list
}

// policyName returns the name of the policy for a server: its host.
func policyName(server string) string {
	o, _ := origin.Parse(server)
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.Trim(o.Host(), "[]."))
	return cmp.Or(strings.Trim(name, "-"), "app")
}

func (s *server) learned(name string, trusted []string) Learned {
	l := Learned{Server: name, Review: []Review{}, Entries: []Entry{}}
	target, _ := origin.Parse(name)
	usual := usual{s.usualSite(), s.busiest()}
	merged := &seen{methods: map[string]*count{}, headers: map[string]*count{}, exposed: map[string]*count{}}
	for _, from := range slices.Sorted(maps.Keys(s.origins)) {
		o := s.origins[from]
		l.Requests += o.total()
		if why := s.doubt(from, target, usual); why != "" && !slices.Contains(trusted, from) {
			l.Review = append(l.Review, Review{from, o.total(), why})
			continue
		}
		merged.merge(o)
		l.Policy.AllowOrigins = append(l.Policy.AllowOrigins, from)
		l.add("allow_origins", from, &o.count)
	}
	l.Policy.AllowMethods = l.addAll("allow_methods", merged.methods)
	l.Policy.AllowHeaders = l.addAll("allow_headers", merged.headers)
	l.Policy.ExposeHeaders = l.addAll("expose_headers", merged.exposed)
	if merged.credentials.total() > 0 {
		l.Policy.AllowCredentials = true
		l.add("allow_credentials", "true", &merged.credentials)
	}
	return l
}

// add notes what an entry rests on.
func (l *Learned) add(field, value string, c *count) {
	l.Entries = append(l.Entries, Entry{field, value, c.requests, c.preflights, c.why(field)})
}

func (l *Learned) addAll(field string, m map[string]*count) (values []string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !allowed(field, name) {
			continue
		}
		values = append(values, name)
		l.add(field, name, m[name])
	}
	return values
}

// allowed reports whether a policy can have a value. Clients that are not
// browsers send methods and headers that it cannot.
func allowed(field, value string) bool {
	p := cors.Policy{AllowOrigins: []string{"https://example.com"}}
	switch field {
	case "allow_methods":
		p.AllowMethods = []string{value}
	case "allow_headers":
		p.AllowHeaders = []string{value}
	case "expose_headers":
		p.ExposeHeaders = []string{value}
	}
	_, err := cors.New(p)
	return err == nil && value != "*"
}

// why says what an entry rests on.
func (c *count) why(field string) string {
	var words []string
	for _, part := range []struct {
		n         int
		one, many string
	}{{c.requests, "request", "requests"}, {c.preflights, "preflight", "preflights"}} {
		switch {
		case part.n == 1:
			words = append(words, "1 "+part.one)
		case part.n > 1:
			words = append(words, fmt.Sprintf("%d %s", part.n, part.many))
		}
	}
	text := strings.Join(words, ", ")
	switch {
	case field == "expose_headers":
		text += "; sent and exposed, not proved read"
	case field == "allow_origins" && c.guessed > 0 && c.guessed == c.requests+c.preflights:
		text += "; known from Referer only"
	}
	return text
}

// merge adds what another origin asked for.
func (s *seen) merge(o *seen) {
	for _, m := range []struct{ to, from map[string]*count }{{s.methods, o.methods}, {s.headers, o.headers}, {s.exposed, o.exposed}} {
		for name, c := range m.from {
			entry(m.to, name, MaxNames, func() *count { return &count{} }).plus(c)
		}
	}
	s.credentials.plus(&o.credentials)
}

func (c *count) plus(d *count) {
	if c == nil {
		return
	}
	c.requests += d.requests
	c.preflights += d.preflights
	c.guessed += d.guessed
}

// usualSite is the site of most requests; "" for none.
func (s *server) usualSite() (site string) {
	bySite := map[string]int{}
	for from, o := range s.origins {
		if parsed, err := origin.Parse(from); err == nil {
			bySite[parsed.Site()] += o.total()
		}
	}
	most := 0
	for _, name := range slices.Sorted(maps.Keys(bySite)) {
		if bySite[name] > most {
			site, most = name, bySite[name]
		}
	}
	return site
}

// rare is how many times more often another origin has to be seen for one that
// was seen once to look like an accident.
const rare = 20

// usual is what most requests of a server are like: the site of their pages, and
// how many come from the busiest origin.
type usual struct {
	site    string
	busiest int
}

// doubt says why an origin looks wrong, or "".
func (s *server) doubt(from string, target origin.Origin, usual usual) string {
	if from == "null" {
		return "pages without an origin, such as sandboxed frames and files; any website can make one"
	}
	o, err := origin.Parse(from)
	if err != nil {
		return "not an origin"
	}
	if _, err := cors.New(cors.Policy{AllowOrigins: []string{from}, AllowCredentials: true}); err != nil {
		return "plain http: anyone on the network can pose as it"
	}
	own := o.AddressSpace() == origin.SpaceLoopback
	switch {
	case own && target.AddressSpace() != origin.SpaceLoopback:
		return "a page on a developer's own machine"
	case s.origins[from].total() == 1 && usual.busiest >= rare:
		return "seen once"
	case !own && o.Site() != usual.site && !o.SameSite(target):
		return "another site than most pages and than the server"
	}
	return ""
}

func (s *server) busiest() (most int) {
	for _, o := range s.origins {
		most = max(most, o.total())
	}
	return most
}

// File returns a corsac.yaml with the policies that have origins. After each entry,
// a comment says what it rests on; origins for review are comments.
func File(list []Learned) ([]byte, error) {
	byName := map[string]cors.Policy{}
	for i := range list {
		if l := &list[i]; len(l.Policy.AllowOrigins) > 0 {
			byName[l.Name] = l.Policy
		}
	}
	if len(byName) > 0 {
		if _, err := policyfile.Marshal(byName); err != nil {
			return nil, err
		}
	}
	var b strings.Builder
	if len(byName) > 0 {
		b.WriteString("policies:\n")
	}
	for i := range list {
		list[i].write(&b)
	}
	return []byte(b.String()), nil
}

func (l *Learned) write(b *strings.Builder) {
	indent := ""
	if len(l.Policy.AllowOrigins) > 0 {
		fmt.Fprintf(b, "  %s: # %s, %s\n", l.Name, l.Server, plural(l.Requests, "request", "requests"))
		indent = "    "
		l.writeEntries(b)
	} else {
		fmt.Fprintf(b, "# %s: no origin to allow\n", l.Server)
	}
	if len(l.Review) == 0 {
		return
	}
	fmt.Fprintf(b, "%s# Not allowed; review them:\n", indent)
	for _, r := range l.Review {
		fmt.Fprintf(b, "%s#   %s: %s; %s\n", indent, oneLine(r.Origin), plural(r.Requests, "request", "requests"), r.Why)
	}
}

// writeEntries writes the fields of a policy, with an entry per line.
func (l *Learned) writeEntries(b *strings.Builder) {
	field := ""
	for _, e := range l.Entries {
		line, err := policyfile.Line(e.Field, e.Value)
		if err != nil { // a value that no file can have never gets here
			continue
		}
		_, value, _ := strings.Cut(line, ": ")
		switch value = strings.TrimSuffix(strings.TrimPrefix(value, "["), "]"); {
		case e.Field == "allow_credentials":
			fmt.Fprintf(b, "    %s: %s # %s\n", e.Field, value, e.Why)
		default:
			if e.Field != field {
				fmt.Fprintf(b, "    %s:\n", e.Field)
			}
			fmt.Fprintf(b, "      - %s # %s\n", value, e.Why)
		}
		field = e.Field
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// oneLine makes text from outside safe in a comment.
func oneLine(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return fmt.Sprintf("%+q", s)
}
