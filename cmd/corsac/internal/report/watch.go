package report

import (
	"reflect"
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Watch writes the verdicts on a request that is made again and again: the first
// whole, and of the others only what changed.
type Watch struct {
	*Text

	printed  bool
	answered *verdict.Verdict // the last one that is not a network error
}

// Print writes a verdict, masked. A network error, as while the server restarts,
// takes one line, and the next verdict is compared with that before it.
func (w *Watch) Print(d *diagnose.Verdict) {
	first, before, v := !w.printed, w.answered, d.Verdict
	w.printed = true
	if v.Result != fetch.Failed {
		w.answered = v
	}
	switch {
	case !first && v.Result == fetch.Failed:
		w.Headline("", v)
	case before == nil: // the first, or the first that is not a network error
		w.Verdict(d)
	default:
		w.Headline("", v)
		w.differences(Differences(before, v))
		w.findings(before, v)
	}
}

// differences writes what differs, by request.
func (w *Watch) differences(list []Difference) {
	if len(list) == 0 {
		w.Line("  as before the network error")
	}
	exchange := ""
	for i := range list {
		d := &list[i]
		indent := "  "
		if d.Exchange != "" {
			indent = "    "
		}
		if d.Exchange != exchange {
			w.Paragraph("  ", d.Exchange)
		}
		exchange = d.Exchange
		switch {
		case d.Before == "":
			w.Paragraph(indent+w.Good("+ "), d.What+": "+d.After)
		case d.After == "":
			w.Paragraph(indent+w.Bad("- "), d.What+": "+d.Before)
		default:
			w.Paragraph(indent+w.Notice("~ "), d.What+": "+d.Before+" → "+d.After)
		}
	}
}

// findings writes the findings that are new, with what to do, and the titles of
// those that are gone.
func (w *Watch) findings(before, after *verdict.Verdict) {
	gone := without(before.Findings, after.Findings)
	for i := range gone {
		w.Paragraph("  "+w.Good("no longer: "), verdict.Printable(gone[i].Title))
	}
	w.causes(without(after.Findings, before.Findings), after.Error != nil)
	if !reflect.DeepEqual(before.Change, after.Change) {
		w.change(after)
	}
}

// without returns the findings of a list that say something else than all others.
func without(list, others []finding.Finding) (rest []finding.Finding) {
	for i := range list {
		f := &list[i]
		if !slices.ContainsFunc(others, func(o finding.Finding) bool {
			return o.Cause == f.Cause && o.Title == f.Title && o.Fix.Text == f.Fix.Text
		}) {
			rest = append(rest, *f)
		}
	}
	return rest
}
