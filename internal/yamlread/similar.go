package yamlread

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/internal/similar"
)

// maxKnown bounds with how many known names an unknown one is compared.
const maxKnown = 1000

// Suggest returns what to write instead of an unknown name: the known one that is
// most likely meant, or the first 20 of them after words such as "the fields here
// are". It leaves out those that begin with "dangerously_", unless one is meant.
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

// IsSimilar reports whether someone who writes name most likely means known.
func IsSimilar(name, known string) bool { return mostSimilar(name, []string{known}) != "" }

// mostSimilar returns which of the known names someone most likely meant, or "".
func mostSimilar(name string, known []string) string {
	if best := similar.Nearest(name, known, fold); best != "" {
		return best
	}
	name = fold(name)
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
	if one, ok := strings.CutSuffix(name, "ies"); ok {
		name = one + "y" // policies is near to policy
	}
	return strings.TrimPrefix(strings.Replace(name, "exposed", "expose", 1), "accesscontrol")
}
