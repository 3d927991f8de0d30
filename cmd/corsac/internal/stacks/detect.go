package stacks

import "io/fs"

// Project is a file that shows a stack in a project's folder.
type Project struct {
	// File is its name, or a pattern of [path.Match].
	File string
	// Contains must be in the file, such as "express" in package.json with its
	// quotes; "" means that the name is enough.
	Contains string
}

// maxProjectFile bounds what is read of a file.
const maxProjectFile = 1 << 20

// Detect returns the stacks that the files of a project show, in the order of
// [Recognize]. It looks at the folder itself and at folders one level below it,
// without those that hold dependencies.
func Detect(dir fs.FS) ([]Match, error) {
	return nil, nil
}
