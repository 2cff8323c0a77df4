graph [
  directed 1
  node [
    id 0
    label "Hb Lepore"
  ]
  node [
    id 1
    label "combined"
  ]
  node [
    id 2
    label "deferasirox"
  ]
  node [
    id 3
    label "deferiprone"
  ]
  node [
    id 4
    label "desferrioxamine"
  ]
  node [
    id 5
    label "none"
  ]
  node [
    id 6
    label "HbE beta"
  ]
  node [
    id 7
    label "HbH"
  ]
  node [
    id 8
    label "S beta plus"
  ]
  node [
    id 9
    label "S beta zero"
  ]
  node [
    id 10
    label "SC"
  ]
  node [
    id 11
    label "SS"
  ]
  node [
    id 12
    label "beta intermedia"
  ]
  node [
    id 13
    label "beta major"
  ]
  edge [
    source 0
    target 1
    weight 2
  ]
  edge [
    source 0
    target 2
    weight 6
  ]
  edge [
    source 0
    target 3
    weight 6
  ]
  edge [
    source 0
    target 4
    weight 1
  ]
  edge [
    source 0
    target 5
    weight 12
  ]
  edge [
    source 6
    target 1
    weight 15
  ]
  edge [
    source 6
    target 2
    weight 125
  ]
  edge [
    source 6
    target 3
    weight 35
  ]
  edge [
    source 6
    target 4
    weight 18
  ]
  edge [
    source 6
    target 5
    weight 193
  ]
  edge [
    source 7
    target 1
    weight 1
  ]
  edge [
    source 7
    target 2
    weight 33
  ]
  edge [
    source 7
    target 3
    weight 7
  ]
  edge [
    source 7
    target 4
    weight 8
  ]
  edge [
    source 7
    target 5
    weight 201
  ]
  edge [
    source 8
    target 1
    weight 3
  ]
  edge [
    source 8
    target 2
    weight 7
  ]
  edge [
    source 8
    target 3
    weight 1
  ]
  edge [
    source 8
    target 4
    weight 2
  ]
  edge [
    source 8
    target 5
    weight 69
  ]
  edge [
    source 9
    target 1
    weight 5
  ]
  edge [
    source 9
    target 2
    weight 46
  ]
  edge [
    source 9
    target 3
    weight 11
  ]
  edge [
    source 9
    target 4
    weight 5
  ]
  edge [
    source 9
    target 5
    weight 119
  ]
  edge [
    source 10
    target 1
    weight 3
  ]
  edge [
    source 10
    target 2
    weight 50
  ]
  edge [
    source 10
    target 3
    weight 29
  ]
  edge [
    source 10
    target 4
    weight 9
  ]
  edge [
    source 10
    target 5
    weight 425
  ]
  edge [
    source 11
    target 1
    weight 70
  ]
  edge [
    source 11
    target 2
    weight 368
  ]
  edge [
    source 11
    target 3
    weight 108
  ]
  edge [
    source 11
    target 4
    weight 57
  ]
  edge [
    source 11
    target 5
    weight 955
  ]
  edge [
    source 12
    target 1
    weight 14
  ]
  edge [
    source 12
    target 2
    weight 79
  ]
  edge [
    source 12
    target 3
    weight 12
  ]
  edge [
    source 12
    target 4
    weight 13
  ]
  edge [
    source 12
    target 5
    weight 500
  ]
  edge [
    source 13
    target 1
    weight 148
  ]
  edge [
    source 13
    target 2
    weight 798
  ]
  edge [
    source 13
    target 3
    weight 178
  ]
  edge [
    source 13
    target 4
    weight 116
  ]
  edge [
    source 13
    target 5
    weight 137
  ]
]
