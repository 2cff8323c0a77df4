#!/bin/sh
# Flow charts by graphviz, in vector graphics and in its text formats.
o=files/dot
dot -Tsvg programs/flow_leaky.dot -o $o/flow_lepore.svg
dot -Tplain programs/flow_leaky.dot -o $o/flow_lepore.plain
dot -Tpdf programs/flow_leaky.dot -o $o/flow_lepore.pdf
dot -Tsvg programs/flow_safe.dot -o $o/flow_spleen.svg
dot -Tjson programs/flow_safe.dot -o $o/flow_spleen.json
dot -Txdot programs/flow_safe.dot -o $o/flow_spleen.dot
