module example.com/deps

go 1.20

require example.com/dep v1.2.3

replace example.com/dep => ./dep
