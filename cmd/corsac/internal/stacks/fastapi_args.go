package stacks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
)

// pyArg is an argument to write.
type pyArg struct {
	name string
	// values are those of a list; nil for another kind of argument, whose text is
	// in text. unset says that the argument is not to be there.
	values []string
	text   string
	unset  bool
}

// literal returns the value of an argument as code.
func (a *pyArg) literal(f *pyFile) string {
	if a.text != "" {
		return a.text
	}
	return f.list(a.values)
}

// starletteArgs returns the arguments of CORSMiddleware for a policy.
func starletteArgs(f *pyFile, p *cors.Policy) []pyArg {
	r := rulesOf(p)
	origins := r.exact
	if r.anyOrigin {
		origins = []string{"*"}
	}
	headers := r.headers
	if r.anyHeader {
		headers = []string{"*"}
	}
	regex := ""
	if len(r.patterns) > 0 {
		regex = pyRegexp(r.union())
		if f.quote() == `'` {
			regex = `r'` + regex[2:len(regex)-1] + `'`
		}
	}
	age := ""
	if r.maxAge >= 0 {
		age = strconv.Itoa(r.maxAge)
	}
	return []pyArg{
		{name: "allow_origins", values: origins, unset: len(origins) == 0},
		{name: "allow_origin_regex", text: regex, unset: regex == ""},
		{name: "allow_methods", values: r.methods},
		{name: "allow_headers", values: headers, unset: len(headers) == 0},
		{name: "expose_headers", values: r.expose, unset: len(r.expose) == 0},
		{name: "allow_credentials", text: "True", unset: !r.credentials},
		{name: "max_age", text: age, unset: age == ""},
	}
}

// argFields are the settings that an argument is about.
var argFields = map[string][]string{
	"allow_origins":      {"allow_origins", "dangerously_allow_null_origin"},
	"allow_origin_regex": {"allow_origins", "dangerously_allow_origin_regexps"},
	"allow_methods":      {"allow_methods"}, "allow_headers": {"allow_headers"}, "expose_headers": {"expose_headers"},
	"allow_credentials": {"allow_credentials"}, "max_age": {"max_age"},
}

// argEditor changes the arguments of a CORSMiddleware.
type argEditor struct {
	pyReader

	c       *asgiCORS
	want    *Want
	options map[string]pyOption
	edits   []source.Edit
	// added are arguments to insert, dropped the indexes of those to remove.
	added   []string
	dropped []int
}

// mentioned reports whether an argument is to be as wanted: a setting that it is
// about is asked for, or it allows everything, which nobody asked for.
func (x *argEditor) mentioned(name string) bool {
	if x.covers(name) {
		return false
	}
	if slices.ContainsFunc(argFields[name], x.want.Mentions) {
		return true
	}
	if name != "allow_methods" && name != "allow_headers" {
		return false
	}
	o, ok := x.options[name]
	if !ok {
		return name == "allow_methods" && !x.c.spreads() // the default refuses the preflight of a POST
	}
	l := pyLinter{pyReader: pyReader{file: x.file, at: x.at}}
	return l.hasStar(o.value)
}

// covers reports whether an argument allows what is to be added already, because it
// is *: Starlette allows all methods and headers with that, with credentials too.
func (x *argEditor) covers(name string) bool {
	o, ok := x.options[name]
	if !ok || !x.want.OnlyAdds() || name != "allow_methods" && name != "allow_headers" {
		return false
	}
	l := pyLinter{pyReader: pyReader{file: x.file, at: x.at}}
	return l.hasStar(o.value)
}

// wanted returns the draft that what is wanted is added to: without * where that
// is narrowed down, and without expressions for origins if all origins are asked
// for.
func (x *argEditor) wanted(d *Draft) *Draft {
	l := pyLinter{pyReader: pyReader{file: x.file, at: x.at}}
	out := &Draft{}
	for _, e := range d.Entries {
		o, ok := x.options[e.Field]
		replaced := x.want.Sets("allow_origins") && strings.HasPrefix(e.Field, "dangerously_") && !x.want.Mentions(e.Field)
		narrowed := replaced || ok && x.mentioned(e.Field) && l.hasStar(o.value) || e.Value == "*" && x.want.Mentions(e.Field) && !x.covers(e.Field)
		if !narrowed && !e.Default {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}

// set changes one argument.
func (x *argEditor) set(a *pyArg) error {
	o, ok := x.options[a.name]
	switch {
	case !x.mentioned(a.name):
		return nil
	case !ok && a.unset:
		return nil
	case !ok:
		x.added = append(x.added, a.name+"="+a.literal(x.file))
		return nil
	}
	if err := x.literal(o); err != nil {
		return err
	}
	if a.unset && o.arg != nil && o.arg.Name != "" {
		x.dropped = append(x.dropped, slices.IndexFunc(x.c.call.Args, func(other python.Arg) bool { return other.Span == o.arg.Span }))
		return nil
	}
	x.replace(o, a)
	return nil
}

// literal returns an error if the value of an option is known only when the
// program runs.
func (x *argEditor) literal(o pyOption) error {
	quiet := pyReader{file: x.file, at: x.at}
	value := x.file.Follow(o.value, x.at)
	switch {
	case value.Kind == python.String || value.Kind == python.None || value.Kind == python.Bool || value.Kind == python.Int:
		return nil
	case o.name == "allow_origin_regex" && x.regex(o.value).Kind == python.String:
		return nil
	}
	if _, ok := quiet.strings(o.name, o.value); ok && (len(quiet.draft.Remarks) == 0 || x.adds(o.name)) {
		return nil
	}
	at := finding.Position(x.file.Place(o.value.Start))
	return fmt.Errorf("%s: the value of %s is known only when the program runs: change it where it comes from, or write a list here", at, o.name)
}

// adds reports whether values are only added to an argument.
func (x *argEditor) adds(name string) bool {
	return !slices.ContainsFunc(argFields[name], x.want.Sets)
}

// replace gives an option its value: in the list that it is, also if a constant
// has it that nothing else uses, or else in the call.
func (x *argEditor) replace(o pyOption, a *pyArg) {
	value := x.file.Follow(o.value, x.at)
	if a.unset {
		if none := noValue(a.name); o.value.In(x.file.File) != none {
			x.edits = append(x.edits, source.Edit{Span: o.value.Span, New: none})
		}
		return
	}
	if x.same(o, a) {
		return
	}
	list := value.Kind == python.List || value.Kind == python.Set || value.Kind == python.Tuple && len(value.Items) > 1
	if a.values != nil && list && (value == o.value || x.file.uses(o.value.Name) == 1) {
		texts, known := make([]string, len(value.Items)), true
		for i, item := range value.Items {
			if text := x.file.Follow(item, x.at); text.Kind == python.String {
				texts[i] = text.Text
			}
			known = known && (texts[i] != "" || x.adds(a.name))
		}
		if known {
			x.edits = append(x.edits, x.file.setList(value, texts, a.values, x.adds(a.name))...)
			return
		}
	}
	x.edits = append(x.edits, source.Edit{Span: o.value.Span, New: a.literal(x.file)})
}

// noValue returns what an argument is by default.
func noValue(name string) string {
	switch name {
	case "allow_credentials":
		return "False"
	case "allow_origin_regex":
		return "None"
	case "max_age":
		return "600"
	}
	return "[]"
}

// same reports whether an option has the value of an argument already.
func (x *argEditor) same(o pyOption, a *pyArg) bool {
	value := x.file.Follow(o.value, x.at)
	switch a.name {
	case "allow_credentials":
		yes, _ := x.truth(o.value)
		return yes
	case "max_age":
		return value.Kind == python.Int && strconv.Itoa(value.Number) == a.text
	case "allow_origin_regex":
		want := python.Parse(a.text).Body[0].Exprs[0].Text
		return x.regex(o.value).Text == want || sameExpression(x.regex(o.value).Text, want)
	}
	quiet := pyReader{file: x.file, at: x.at}
	items, ok := quiet.strings("", o.value)
	var has []string
	for _, item := range items {
		has = append(has, item.Text)
	}
	want := slices.Clone(a.values)
	slices.Sort(has)
	slices.Sort(want)
	return ok && slices.Equal(slices.Compact(has), slices.Compact(want))
}

// sameExpression reports whether two expressions allow the same, as far as they
// can be read.
func sameExpression(a, b string) bool {
	x, errX := ReadExpression(a, MatchWhole)
	y, errY := ReadExpression(b, MatchWhole)
	return errX == nil && errY == nil && x.Everything == y.Everything && slices.Equal(x.Origins, y.Origins) && slices.Equal(x.Regexps, y.Regexps)
}

// uses returns how often a file mentions a name, besides where it is assigned.
func (f *pyFile) uses(name string) (n int) {
	for _, t := range f.Tokens {
		if t.Kind == python.Name && t.In(f.File) == name {
			n++
		}
	}
	return n - 1
}

// finish returns the edits with those that remove arguments, and insert others
// after the last one that stays.
func (x *argEditor) finish() []source.Edit {
	var spans []source.Span
	last := 0
	for i := range x.c.call.Args {
		spans = append(spans, x.c.call.Args[i].Span)
		if !slices.Contains(x.dropped, i) {
			last = i
		}
	}
	removed := x.file.remove(spans, x.dropped...)
	inserted := x.file.after(spans[last], x.added)
	for _, e := range inserted {
		if slices.ContainsFunc(removed, func(r source.Edit) bool { return r.Start < e.Start && e.Start < r.End }) {
			inserted = []source.Edit{source.Insert(spans[last].End, ", "+strings.Join(x.added, ", "))}
			break
		}
	}
	return slices.Concat(x.edits, removed, inserted)
}

// describeArgs returns the arguments as lines of a call.
func describeArgs(f *pyFile, args []pyArg, indent string) string {
	var b strings.Builder
	for i := range args {
		if !args[i].unset {
			b.WriteString(indent + args[i].name + "=" + args[i].literal(f) + ",\n")
		}
	}
	return b.String()
}
