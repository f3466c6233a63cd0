module example.com/operands

go 1.18
