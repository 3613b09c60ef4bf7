"""The same model in plain Python, in NumPy and in SimPy: what APE's speed is measured against.

Each simulates what docs/model.md says, for one eye of each patient and a protocol of loading doses
and one treat-and-extend phase that goes by fluid, with its stopping rules: the disease week by
week, the three irreversible losses, late and missed visits and breaks from care, death, loss and
transfer, the visits with what was seen and decided at them, and the 4-weekly assessments. Fellow
eyes, limited slots and other regimens are left out, and nothing is written to disk.

They are written as one who knows the tool would write them, and spend no time on what only APE
needs: random numbers come from the generator of the language, in the order in which they are drawn,
so that rows are like those of APE in distribution, and not one by one. A test holds them to that.
"""
