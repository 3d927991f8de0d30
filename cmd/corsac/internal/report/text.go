package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/policyfile"
)

// Text writes verdicts for people to read.
type Text struct {
	*terminal.Writer

	// Explain adds the steps, with the sections of the standard.
	Explain bool
}

// Verdict writes all of v. The result comes first: the verdict in one line, its
// causes, and what to change. The evidence follows: the conversation, the
// console text, and one line per other browser.
func (t *Text) Verdict(d *diagnose.Verdict) {
	v := d.Verdict
	t.Headline("", v)
	t.expectation(d)
	for _, note := range v.Notes {
		t.Paragraph(t.Notice("note: "), verdict.Printable(note))
	}
	t.causes(unseen(v), v.Error != nil)
	t.change(v)
	t.probes(d)
	t.conversation(v)
	t.readable(v)
	t.console(v)
	t.steps(v)
	t.others(v.Others())
}

// expectation writes whether a verdict is as expected.
func (t *Text) expectation(d *diagnose.Verdict) {
	switch {
	case d.AsExpected == nil:
	case *d.AsExpected:
		t.Paragraph(t.Good("✓")+" ", "as expected: "+verdict.Printable(string(d.Expect)))
	default:
		words := ": expected is " + string(d.Expect)
		if got := d.Expect.Got(d.Verdict); !slices.Contains(check.Results, string(d.Expect)) {
			words += ", and the verdict is " + got
		}
		t.Paragraph(t.Bad("✗")+" ", t.Bad("not as expected")+verdict.Printable(words))
	}
}

// Headline writes the verdict in one line, after a label.
func (t *Text) Headline(label string, v *verdict.Verdict) {
	t.headline(label, verdict.BrowserName(v.Profile), v)
}

// HeadlineOfAll writes the verdicts of all browsers in one line, or in one line
// per browser if they differ.
func (t *Text) HeadlineOfAll(label string, v *verdict.Verdict) {
	names := verdict.BrowserName(v.Profile)
	others := v.Others()
	for i, o := range others {
		switch {
		case o.Result != v.Result:
			for _, each := range append([]*verdict.Verdict{v}, others...) {
				t.Headline(label, each)
			}
			return
		case i == len(others)-1:
			names += " and "
		default:
			names += ", "
		}
		names += verdict.BrowserName(o.Profile)
	}
	t.headline(label, names, v)
}

func (t *Text) headline(label, browser string, v *verdict.Verdict) {
	r := &v.Request
	who := verdict.Printable(r.Method + " " + r.URL + " from " + r.Origin)
	say := func(style func(string) string, mark, word, text string) {
		t.Paragraph(label+style(mark)+" ", style(word)+text)
	}
	switch {
	case v.Result == fetch.Allowed && v.Response == nil: // a dry run
		say(t.Good, "✓", "allowed so far", " by "+browser+": "+who)
	case v.Result == fetch.Allowed:
		say(t.Good, "✓", "allowed", " by "+browser+": "+who)
	case v.Result == fetch.Opaque:
		say(t.Notice, "○", "opaque", " in "+browser+": "+who+", a response that script cannot read")
	case v.Result == fetch.Failed:
		say(t.Bad, "✗", "network error", ": "+who+": "+verdict.Explain(v.Error.Code))
	default:
		say(t.Bad, "✗", "blocked", " by "+browser+": "+who)
	}
}

// conversation writes what was sent, what came back, and what the browser
// decided.
func (t *Text) conversation(v *verdict.Verdict) {
	for _, l := range v.Conversation() {
		switch l.Kind {
		case verdict.LineRequest:
			t.Line("")
			t.headLine(l.Mark()+"  ", l.Text, l.Note)
		case verdict.LineStatus:
			t.headLine("   "+t.Faint(l.Mark())+" ", l.Text, l.Note)
		case verdict.LineRemark:
			t.Paragraph("     ", l.Text)
		default:
			t.Paragraph("   "+t.style(l.Kind)(l.Mark())+" ", l.Text)
		}
	}
	if len(v.Wire) == 0 {
		t.Line("")
		t.Paragraph("  ", "Nothing was sent.")
	}
}

// style returns the style of the mark before a line.
func (t *Text) style(kind verdict.LineKind) func(string) string {
	switch kind {
	case verdict.LinePassed, verdict.LineAllowed:
		return t.Good
	case verdict.LineFailed, verdict.LineRefused:
		return t.Bad
	case verdict.LineRetried:
		return t.Notice
	}
	return t.Faint
}

// headLine writes the first line of a request or a response and a remark about it,
// which gets its own line if there is no room.
func (t *Text) headLine(label, line, remark string) {
	switch {
	case remark == "":
		t.Paragraph(label, t.Strong(line))
	case t.Width <= 0 || terminal.Width(label+line+remark)+4 <= t.Width:
		t.Line(label + t.Strong(line) + "  " + t.Faint("("+remark+")"))
	default:
		t.Paragraph(label, t.Strong(line))
		t.Paragraph(strings.Repeat(" ", terminal.Width(label)), t.Faint("("+remark+")"))
	}
}

// readable writes what script can read.
func (t *Text) readable(v *verdict.Verdict) {
	if gets := v.Gets(); gets != "" {
		t.Line("")
		t.Paragraph("Script can read: ", gets)
	}
	for _, name := range slices.Sorted(maps.Keys(v.ReadHeaders)) {
		mark := t.Bad("✗ script cannot read")
		switch {
		case v.ReadHeaders[name]:
			mark = t.Good("✓ script can read")
		case v.Response != nil && v.Response.Type == fetch.TypeCORS && len(v.Wire) > 0 && !v.Wire[len(v.Wire)-1].ResponseHeaders.Has(name):
			mark = t.Notice("○ the response does not have")
		}
		t.Line(mark + " " + verdict.Printable(name))
	}
}

// console writes the console text of the browser.
func (t *Text) console(v *verdict.Verdict) {
	if v.Error == nil {
		return
	}
	t.Line("")
	t.Line(t.Strong("The console of " + verdict.BrowserName(v.Profile) + ":"))
	t.Paragraph("  ", cmp.Or(v.Console(), "(nothing)"))
	t.Paragraph("  ", "Script sees: "+v.ScriptSees())
}

// change writes what a policy needs, and the lines that responses then have, unless
// there are lines for the server's own configuration.
func (t *Text) change(v *verdict.Verdict) {
	if len(v.Findings) > 0 && v.Findings[0].Fix.Stack != "" && v.Findings[0].Fix.Stack != "corsac" {
		return
	}
	what := "To allow it, the server's policy needs:"
	if v.Error == nil {
		what = "For script to read more, the server's policy needs:"
	}
	var policy [][2]string
	for i := range v.Change {
		if c := &v.Change[i]; c.Field != "preflight_status" { // policies always send a good status
			policy = append(policy, [2]string{yamlLine(c), c.Why})
		}
	}
	if len(policy) > 0 {
		t.table(what, policy)
	}
	for _, responses := range [][2]string{
		{"every", "Every response then has, including errors:"},
		{"preflight", "The preflight response then has:"},
		{"actual", "The response to the request then has:"},
	} {
		t.responsesHave(v.Change, responses[0], responses[1])
	}
}

// responsesHave writes the header lines for one kind of response.
func (t *Text) responsesHave(changes []verdict.Change, on, title string) {
	for i := range changes {
		c := &changes[i]
		line := c.Header
		if c.Field == "preflight_status" {
			line = "status " + c.Values[0] + ", " + c.Why
		}
		if c.On != on || line == "" {
			continue
		}
		if title != "" {
			t.Line("")
			t.Line(t.Strong(title))
			title = ""
		}
		t.Paragraph("  ", verdict.Printable(line))
		if c.Field == "allow_origins" && !strings.HasSuffix(line, ": *") { // it is for this origin, and others get another
			t.Line("  Vary: Origin")
		}
	}
}

// table writes lines with a remark each, next to the line or, if there is no
// room, above it.
func (t *Text) table(title string, rows [][2]string) {
	t.Line("")
	t.Line(t.Strong(title))
	longest, remark := 0, 0
	for _, r := range rows {
		longest, remark = max(longest, terminal.Width(verdict.Printable(r[0]))), max(remark, terminal.Width(r[1]))
	}
	beside := t.Width <= 0 || longest+remark+6 <= t.Width
	for _, r := range rows {
		text := verdict.Printable(r[0])
		if beside {
			t.Line("  " + text + strings.Repeat(" ", longest-terminal.Width(text)) + "  " + t.Faint("# "+r[1]))
			continue
		}
		t.Paragraph(t.Faint("  # "), t.Faint(r[1]))
		t.Line("  " + text) // unwrapped, so that it can be copied
	}
}

// probes writes how many probes were sent, and with Explain each with its answer.
func (t *Text) probes(d *diagnose.Verdict) {
	list := d.Probes
	if len(list) == 0 {
		return
	}
	t.Line("")
	if !t.Explain {
		what := "find this out"
		if d.Error == nil && len(d.Findings) == 0 {
			what = "look for faults that other requests meet; nothing was found"
		}
		them := "them"
		if len(list) == 1 {
			them = "it"
		}
		t.Paragraph("", t.Faint(Count(len(list), "probe was", "probes were")+" sent to "+what+"; --explain lists "+them+"."))
		return
	}
	t.Line(t.Strong("The probes, and what they show:"))
	for i := range list {
		p := &list[i]
		t.Paragraph("  "+t.Faint("- "), verdict.Printable(p.Method+" "+p.URL+", "+p.Why+": "+p.Shows))
	}
}

// steps writes the trace.
func (t *Text) steps(v *verdict.Verdict) {
	if !t.Explain || len(v.Steps) == 0 {
		return
	}
	t.Line("")
	t.Line(t.Strong("Step by step, with the sections of https://fetch.spec.whatwg.org/:"))
	for _, s := range v.Steps {
		mark := t.Good("✓")
		if !s.OK {
			mark = t.Notice("·")
		}
		t.Paragraph("  "+mark+" ", verdict.Printable(s.Text)+"  "+t.Faint("#"+s.Section))
	}
}

// others writes one line per other browser.
func (t *Text) others(verdicts []*verdict.Verdict) {
	longest := 0
	for _, v := range verdicts {
		longest = max(longest, terminal.Width(verdict.BrowserName(v.Profile)))
	}
	if len(verdicts) > 0 {
		t.Line("")
	}
	for _, v := range verdicts {
		word, why := t.Good("✓ "+string(v.Result)), ""
		if v.Error != nil {
			word, why = t.Bad("✗ "+string(v.Result)), ": "+v.Why()
		}
		t.Paragraph(fmt.Sprintf("%-*s ", longest, verdict.BrowserName(v.Profile))+word, why)
	}
}

// yamlLine returns a change as a line of corsac.yaml.
func yamlLine(c *verdict.Change) string {
	line, err := policyfile.Line(c.Field, c.Values...)
	if err != nil { // a policy has no such field: at least name it
		return c.Field
	}
	return line
}
