package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Difference is something in which a verdict differs from an earlier one on the
// same request. Its texts have no control characters.
type Difference struct {
	// Exchange is the request on the wire that it is about, such as "OPTIONS
	// https://api.example.com/items (preflight)"; "" for the verdict as a whole.
	Exchange string
	// What is what differs: the name of a browser, for what it decides; "status";
	// or the name of a response header.
	What string
	// Before and After are the values; "" if it was not there, or is not there now.
	Before, After string
}

// Differences returns in what a verdict differs from an earlier one: what each
// browser decides, and then, for each request on the wire, its status and the
// headers of the response that matter for CORS.
func Differences(before, after *verdict.Verdict) []Difference {
	list := compare("", decisions(before), decisions(after))
	old, now := exchanges(before), exchanges(after)
	for i := range now {
		list = append(list, compare(now[i].name, factsOf(old, now[i].name), now[i].facts)...)
	}
	for i := range old {
		if factsOf(now, old[i].name) == nil {
			list = append(list, compare(old[i].name, old[i].facts[:1], nil)...)
		}
	}
	return list
}

// fact is something that can differ, by name.
type fact struct{ name, value string }

// compare returns in what two lists of facts differ: in the order of the second,
// and then what only the first has.
func compare(exchange string, before, after []fact) (list []Difference) {
	for _, f := range after {
		if was := valueOf(before, f.name); was != f.value {
			list = append(list, Difference{exchange, f.name, was, f.value})
		}
	}
	for _, f := range before {
		if !slices.ContainsFunc(after, f.sameName) {
			list = append(list, Difference{exchange, f.name, f.value, ""})
		}
	}
	return list
}

func (f fact) sameName(other fact) bool { return strings.EqualFold(f.name, other.name) }

func valueOf(facts []fact, name string) string {
	if i := slices.IndexFunc(facts, fact{name: name}.sameName); i >= 0 {
		return facts[i].value
	}
	return ""
}

// decisions are what the browsers decide, and why.
func decisions(v *verdict.Verdict) (facts []fact) {
	for _, each := range append([]*verdict.Verdict{v}, v.Others()...) {
		decision, why := string(each.Result), each.Why()
		if each.Result == fetch.Failed { // the details may differ each time
			why = verdict.Explain(each.Error.Code)
		}
		if why != "" {
			decision += ": " + why
		}
		facts = append(facts, fact{verdict.BrowserName(each.Profile), decision})
	}
	return facts
}

// exchange is a request on the wire, and what is known about the answer: the
// status comes first.
type exchange struct {
	name  string
	facts []fact
}

// exchanges returns what the conversation of v shows of each request. One that is
// sent several times has a number.
func exchanges(v *verdict.Verdict) []exchange {
	list := make([]exchange, len(v.Wire))
	times := map[string]int{}
	for i := range v.Wire {
		w := &v.Wire[i]
		name := verdict.Printable(w.Method + " " + w.URL)
		if w.Kind == fetch.KindPreflight {
			name += " (preflight)"
		}
		if times[name]++; times[name] > 1 {
			name += fmt.Sprintf(" (%d)", times[name])
		}
		list[i].name = name
		if w.Status == 0 {
			list[i].facts = []fact{{statusFact, "no response"}}
		}
	}
	for _, l := range v.Conversation() {
		x := &list[l.Request]
		switch l.Kind {
		case verdict.LineStatus:
			x.facts = append(x.facts, fact{statusFact, l.Text})
		case verdict.LineHeader, verdict.LinePassed, verdict.LineFailed:
			name, value, _ := strings.Cut(l.Text, ": ")
			if i := slices.IndexFunc(x.facts, fact{name: name}.sameName); i >= 0 {
				x.facts[i].value += ", and in another line " + value
			} else {
				x.facts = append(x.facts, fact{name, value})
			}
		}
	}
	return list
}

// statusFact is the name of the status of an answer.
const statusFact = "status"

func factsOf(list []exchange, name string) []fact {
	for i := range list {
		if list[i].name == name {
			return list[i].facts
		}
	}
	return nil
}
