#!/usr/bin/env python
# coding: utf-8

# # Iron in the liver

# In[1]:


import pandas as pd
d = pd.read_csv('persons.csv')
len(d)


# In[2]:


d.groupby('gender')[['age', 'hb', 'ferritin']].mean().round(1)


# In[3]:


pd.crosstab(d.chelator, d.gender)

