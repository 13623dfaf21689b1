package devstack_test

import "reflect"

// newValue returns a pointer to a new value of a type, to scan into.
func newValue(kind reflect.Type) any { return reflect.New(kind).Interface() }

// valueOf returns what a pointer of newValue points to.
func valueOf(pointer any) any { return reflect.ValueOf(pointer).Elem().Interface() }
