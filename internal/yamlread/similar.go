package yamlread

import (
	"fmt"
	"strings"
)

// maxKnown bounds with how many known names one that is not known is compared.
const maxKnown = 1000

// Suggest returns what to write instead of a name that is not known: the known
// one that is most likely meant, or all of them if they are few, after words such
// as "the fields here are". It leaves out those that begin with "dangerously_",
// unless one is meant.
func Suggest(name string, known []string, words string) string {
	known = known[:min(len(known), maxKnown)]
	if similar := mostSimilar(name, known); similar != "" {
		return fmt.Sprintf("did you mean %s?", similar)
	}
	const most = 20
	var list []string
	for _, k := range known {
		if strings.HasPrefix(k, "dangerously_") {
			continue
		}
		if len(list) == most {
			list = append(list, "…")
			break
		}
		list = append(list, k)
	}
	return words + " " + strings.Join(list, ", ")
}

// mostSimilar returns which of the known names someone most likely meant, or "".
func mostSimilar(name string, known []string) string {
	name = fold(name)
	best, least := "", 3 // no more than two letters are mistaken
	for _, k := range known {
		folded := fold(k)
		if gap := len(name) - len(folded); gap >= least || -gap >= least {
			continue
		}
		if n := distance(name, folded, least); n < least && n <= len(k)/2 {
			best, least = k, n
		}
	}
	if best != "" {
		return best
	}
	for _, k := range known { // origins for allow_origins, as other programs say
		if len(name) >= 4 && strings.HasSuffix(fold(k), name) {
			return k
		}
	}
	return ""
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// fold removes in what ways programs differ: case, hyphens and "allowed".
func fold(name string) string {
	name = separators.Replace(strings.ToLower(name[:min(len(name), 64)]))
	for _, prefix := range []string{"allowed", "accesscontrolallow", "cors"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return "allow" + rest
		}
	}
	return strings.TrimPrefix(strings.Replace(name, "exposed", "expose", 1), "accesscontrol")
}

// distance returns the number of letters to insert, remove, exchange or swap to
// turn a into b, or enough if it is not smaller.
func distance(a, b string, enough int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > enough {
			return enough
		}
	}
	return row[len(b)]
}

// IsSimilar reports whether someone who writes name most likely means known.
func IsSimilar(name, known string) bool { return mostSimilar(name, []string{known}) != "" }
