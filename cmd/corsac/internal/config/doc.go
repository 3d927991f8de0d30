// Package config reads corsac.yaml.
//
//   - Every mistake is found at once. Each is an Error with file, line, column,
//     field, value, a stable code, why it is one, and what to write instead.
//   - Nothing is guessed: unknown fields are mistakes, values have one type.
//   - At the root, fields that begin with "x-" are left alone. They are a place
//     for anchors, which aliases and merge keys (<<) refer to as in any YAML.
//   - The file is hostile until read: its size, its depth and the work that its
//     aliases cause are bounded.
package config
