// Package plan decides what a run does: which files of a listing it takes and
// how they are shared out. It is pure: definitions and listings in, parts out.
package plan
