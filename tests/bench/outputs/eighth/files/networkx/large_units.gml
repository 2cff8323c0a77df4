graph [
  directed 1
  node [
    id 0
    label "Ashgrove"
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
    label "Birchfield"
  ]
  node [
    id 7
    label "Cedarholm"
  ]
  node [
    id 8
    label "Dunmere"
  ]
  edge [
    source 0
    target 1
    weight 54
  ]
  edge [
    source 0
    target 2
    weight 348
  ]
  edge [
    source 0
    target 3
    weight 97
  ]
  edge [
    source 0
    target 4
    weight 52
  ]
  edge [
    source 0
    target 5
    weight 618
  ]
  edge [
    source 6
    target 1
    weight 56
  ]
  edge [
    source 6
    target 2
    weight 311
  ]
  edge [
    source 6
    target 3
    weight 83
  ]
  edge [
    source 6
    target 4
    weight 50
  ]
  edge [
    source 6
    target 5
    weight 560
  ]
  edge [
    source 7
    target 1
    weight 50
  ]
  edge [
    source 7
    target 2
    weight 281
  ]
  edge [
    source 7
    target 3
    weight 46
  ]
  edge [
    source 7
    target 4
    weight 36
  ]
  edge [
    source 7
    target 5
    weight 430
  ]
  edge [
    source 8
    target 1
    weight 39
  ]
  edge [
    source 8
    target 2
    weight 226
  ]
  edge [
    source 8
    target 3
    weight 65
  ]
  edge [
    source 8
    target 4
    weight 43
  ]
  edge [
    source 8
    target 5
    weight 371
  ]
]
